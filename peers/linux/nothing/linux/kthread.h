/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* All calls come from the process whose memory it is, never from a thread of the kernel. */
#ifndef LINUX_PEER_KTHREAD_H
#define LINUX_PEER_KTHREAD_H

#include <stdbool.h>

struct mm_struct;

static inline bool kthread_should_stop(void)
{
	return false;
}
static inline void kthread_use_mm(struct mm_struct *mm)
{
	(void)mm;
}
static inline void kthread_unuse_mm(struct mm_struct *mm)
{
	(void)mm;
}

#endif
