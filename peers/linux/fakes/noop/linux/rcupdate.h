/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Nobody reads without a lock here. */
#ifndef LINUX_PEER_RCUPDATE_H
#define LINUX_PEER_RCUPDATE_H

#include <linux/compiler.h>

#define rcu_assign_pointer(pointer, value) WRITE_ONCE(pointer, value)

#endif
