/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * One thread at a time: a lock that is taken already can only be held by the
 * caller itself, further out, or by an unmap in whose window it runs, and so
 * will never be free. That is a deadlock, and a finding.
 */
#ifndef LINUX_PEER_MUTEX_H
#define LINUX_PEER_MUTEX_H

#include <linux/bug.h>

struct mutex {
	bool held;
};

static inline void mutex_init(struct mutex *mutex)
{
	mutex->held = false;
}

static inline void mutex_destroy(struct mutex *mutex)
{
	(void)WARN_ON(mutex->held);
}

#define mutex_lock(mutex)                                      \
	do {                                                   \
		if ((mutex)->held)                             \
			linux_peer_stop("deadlock", __func__); \
		(mutex)->held = true;                          \
	} while (0)
#define mutex_unlock(mutex)              \
	do {                             \
		WARN_ON(!(mutex)->held); \
		(mutex)->held = false;   \
	} while (0)

#endif
