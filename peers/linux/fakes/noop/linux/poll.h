/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Nobody polls. */
#ifndef LINUX_PEER_POLL_H
#define LINUX_PEER_POLL_H

#include <linux/wait.h>

typedef struct {
	int none;
} poll_table;

#endif
