/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* References on the process's memory, counted: what is left of them is a leak. */
#ifndef LINUX_PEER_SCHED_MM_H
#define LINUX_PEER_SCHED_MM_H

#include <linux/mm.h>

static inline void mmgrab(struct mm_struct *mm)
{
	++mm->nr_references;
}
static inline void mmdrop(struct mm_struct *mm)
{
	--mm->nr_references;
}
bool mmget_not_zero(struct mm_struct *mm);
static inline void mmput(struct mm_struct *mm)
{
	--mm->nr_references;
}
static inline void mmput_async(struct mm_struct *mm)
{
	mmput(mm);
}

#endif
