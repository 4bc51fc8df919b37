/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the tracker needs from an operating system: Linux. User space has
 * os_user/os.h: the same needs in the same order.
 */
#ifndef TIDEMARK_OS_H
#define TIDEMARK_OS_H

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/vfio.h>
#include <linux/types.h>
#include <linux/container_of.h>
#include <linux/stddef.h>
#include <linux/overflow.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/bug.h>
#include <linux/printk.h>
#include <linux/mutex.h>
#include <linux/completion.h>
#include <linux/uaccess.h>
#include <linux/capability.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#define os_user_pointer(address) u64_to_user_ptr((u64)(address))

/*
 * The process that made a mapping: whose memory it is, and who pays for it. The
 * group leader's limit counts, as in vfio_iommu_type1.c, whichever thread maps.
 */
struct os_process {
	struct task_struct *task;
	struct mm_struct *mm;
	bool unlimited;		/* CAP_IPC_LOCK when it mapped */
	bool borrowed;		/* mm, by a kernel thread, between enter and leave */
};

static inline void os_process_get(struct os_process *process)
{
	get_task_struct(current->group_leader);
	process->task = current->group_leader;
	process->mm = current->mm;
	mmgrab(process->mm);
	process->unlimited = capable(CAP_IPC_LOCK);
}

static inline void os_process_put(struct os_process *process)
{
	mmdrop(process->mm);
	put_task_struct(process->task);
}

static inline int os_process_account(struct os_process *process, u64 nr_pages, bool charge)
{
	int ret;

	if (!nr_pages)
		return 0;
	if (!mmget_not_zero(process->mm))
		return -ESRCH;
	mmap_write_lock(process->mm);
	ret = __account_locked_vm(process->mm, nr_pages, charge, process->task,
				  process->unlimited);
	mmap_write_unlock(process->mm);
	mmput(process->mm);
	return ret;
}

static inline int os_process_charge(struct os_process *process, u64 nr_pages)
{
	return os_process_account(process, nr_pages, true);
}

static inline void os_process_uncharge(struct os_process *process, u64 nr_pages)
{
	os_process_account(process, nr_pages, false);
}

#define OS_PIN_BATCH 32

/* Pages that follow each other in host memory, as many as fit a batch. */
static inline long os_process_pin_batch(struct os_process *process, u64 vaddr, u64 nr_pages,
					bool write, u64 *pfn)
{
	struct page *pages[OS_PIN_BATCH];
	long nr_pinned, run;

	mmap_read_lock(process->mm);
	nr_pinned = pin_user_pages_remote(process->mm, vaddr,
					  min_t(u64, nr_pages, OS_PIN_BATCH),
					  FOLL_LONGTERM | (write ? FOLL_WRITE : 0),
					  pages, NULL, NULL);
	mmap_read_unlock(process->mm);
	if (nr_pinned <= 0)
		return nr_pinned ? nr_pinned : -EFAULT;

	*pfn = page_to_pfn(pages[0]);
	for (run = 1; run < nr_pinned && page_to_pfn(pages[run]) == *pfn + run; run++)
		;
	unpin_user_pages(pages + run, nr_pinned - run);
	return run;
}

/* Batch by batch, so that an IOMMU gets runs as long as they are. */
static inline s64 os_process_pin(struct os_process *process, u64 vaddr, u64 nr_pages,
				 bool write, u64 *pfn)
{
	u64 done, next;
	long run;

	if (!mmget_not_zero(process->mm))
		return -ENODEV;
	run = os_process_pin_batch(process, vaddr, nr_pages, write, pfn);
	for (done = max(run, 0L); run == OS_PIN_BATCH && done < nr_pages; done += run) {
		cond_resched();
		run = os_process_pin_batch(process, vaddr + (done << PAGE_SHIFT),
					   nr_pages - done, write, &next);
		if (run <= 0)
			break;
		if (next != *pfn + done) {
			struct page *page = pfn_to_page(next);

			unpin_user_page_range_dirty_lock(page, run, false);
			break;
		}
	}
	mmput(process->mm);
	return done ? (s64)done : run;
}

static inline void os_process_unpin(struct os_process *process, u64 pfn, u64 nr_pages,
				    bool write)
{
	for (; nr_pages; nr_pages--, pfn++) {
		struct page *page = pfn_to_page(pfn);

		unpin_user_pages_dirty_lock(&page, 1, write);
		cond_resched();
	}
}

/*
 * Kernel threads borrow the memory; other processes do not get at it.
 * Return: 0, -EPERM if the process is gone, -EFAULT if it is another one.
 */
static inline int os_process_enter(struct os_process *process)
{
	if (!mmget_not_zero(process->mm))
		return -EPERM;
	process->borrowed = !current->mm;
	if (process->borrowed) {
		kthread_use_mm(process->mm);
	} else if (current->mm != process->mm) {
		mmput(process->mm);
		return -EFAULT;
	}
	return 0;
}

static inline void os_process_leave(struct os_process *process)
{
	if (process->borrowed)
		kthread_unuse_mm(process->mm);
	mmput(process->mm);
}

#endif
