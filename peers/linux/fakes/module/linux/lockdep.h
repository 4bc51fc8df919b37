/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is acted on without its lock is a finding. */
#include <linux/mutex.h>

#define lockdep_assert_held(lock) ((void)WARN_ON(!(lock)->held))
