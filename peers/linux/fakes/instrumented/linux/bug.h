/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the kernel prints or dies of is a finding, named after the function. A
 * warning is noted down and the call goes on; a BUG ends it, as it ends the
 * kernel's thread, and with it the use of the container.
 */
#ifndef LINUX_PEER_BUG_H
#define LINUX_PEER_BUG_H

#include <linux/compiler.h>
#include <linux/types.h>

void linux_peer_warn(const char *function);
/* "bug", "deadlock" or "hang" */
_Noreturn void linux_peer_stop(const char *what, const char *function);

#define WARN_ON(condition)                         \
	({                                         \
		const bool warns = !!(condition);  \
		if (unlikely(warns))               \
			linux_peer_warn(__func__); \
		unlikely(warns);                   \
	})
/* Every time: a program that comes later must not see less. */
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define WARN_ONCE(condition, ...) WARN_ON(condition)
#define BUG_ON(condition)                                 \
	do {                                              \
		if (unlikely(condition))                  \
			linux_peer_stop("bug", __func__); \
	} while (0)
#define BUG() BUG_ON(true)
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#define BUILD_BUG_ON_ZERO(condition) ((int)sizeof(struct { int : (-!!(condition)); }))

#endif
