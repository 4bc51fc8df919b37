/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One thread at a time: its own order is all the order there is. */
#ifndef LINUX_PEER_BARRIER_H
#define LINUX_PEER_BARRIER_H

#include <linux/compiler.h>

#define smp_load_acquire(pointer) READ_ONCE(*(pointer))
#define smp_store_release(pointer, value) WRITE_ONCE(*(pointer), value)

#endif
