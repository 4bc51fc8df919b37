/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whoever waits where one thread runs at a time waits for ever. */
#include <linux/device.h>

#define DECLARE_COMPLETION_ONSTACK(name) struct completion name = {0}
#define complete(completion) ((void)(completion))
#define wait_for_completion(completion) ((void)(completion), linux_peer_stop("hang", __func__))
