/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A thread of the kernel borrows the memory of a process. It is never told to stop. */
#ifndef LINUX_PEER_KTHREAD_H
#define LINUX_PEER_KTHREAD_H

#include <linux/sched/signal.h>

static inline bool kthread_should_stop(void)
{
	return false;
}
static inline void kthread_use_mm(struct mm_struct *mm)
{
	current->mm = mm;
}
static inline void kthread_unuse_mm(struct mm_struct *mm)
{
	(void)mm;
	current->mm = NULL;
}

#endif
