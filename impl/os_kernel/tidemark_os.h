/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the tracker needs from an operating system: Linux. User space has
 * os_user/tidemark_os.h: the same needs in the same order.
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
#include <linux/bits.h>
#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/bug.h>
#include <linux/printk.h>
#include <linux/mutex.h>
#include <linux/lockdep.h>
#include <linux/completion.h>
#include <linux/uaccess.h>
#include <linux/mm_types.h>
#include <linux/sched.h>

/**
 * struct tidemark_process - who made a mapping: whose memory it is, and who pays for it
 * @task: the group leader, whose limit counts, whichever thread maps, as in Linux's type1
 * @mm: its memory; while no call of ours runs, only the struct is held, not what it maps
 * @unlimited: it had CAP_IPC_LOCK when it mapped, and no limit counts
 * @borrowed: a kernel thread uses @mm, between enter and leave
 *
 * The lock of the mapping's container guards @borrowed; the rest is constant.
 */
struct tidemark_process {
	struct task_struct *task;
	struct mm_struct *mm;
	bool unlimited;
	bool borrowed;
};

/**
 * tidemark_process_get - remember who calls
 * @process: to be filled
 */
void tidemark_process_get(struct tidemark_process *process);

/**
 * tidemark_process_put - forget it
 * @process: from tidemark_process_get(); nothing of it is pinned or charged any more
 */
void tidemark_process_put(struct tidemark_process *process);

/**
 * tidemark_process_charge - account for locked pages
 * @process: who pays
 * @nr_pages: how many; 0 is always granted
 *
 * Return: 0, -ENOMEM over RLIMIT_MEMLOCK, -ESRCH if the process is gone, -EINTR if the
 * caller is killed while it waits for the process's memory map.
 */
int tidemark_process_charge(struct tidemark_process *process, u64 nr_pages);

/**
 * tidemark_process_uncharge - and no longer
 * @process: who paid; may be gone
 * @nr_pages: how many of those charged
 */
void tidemark_process_uncharge(struct tidemark_process *process, u64 nr_pages);

/**
 * tidemark_process_pin - pin one page
 * @process: whose page
 * @vaddr: its user address, page-aligned
 * @write: pin it to be written
 * @pfn: its host page; untouched on failure
 *
 * Return: 0, -ENODEV if the process is gone, -EFAULT where there is no memory, or
 * what else pin_user_pages_remote() gives, such as -EINTR if the caller is killed.
 */
int tidemark_process_pin(struct tidemark_process *process, u64 vaddr, bool write, u64 *pfn);

/**
 * tidemark_process_unpin - give pinned pages back
 * @process: whose pages; may be gone
 * @pfn: the first host page
 * @nr_pages: how many from there on
 * @write: they were pinned to be written, and are dirty now
 *
 * Cost: O(folios that the pages are part of).
 */
void tidemark_process_unpin(struct tidemark_process *process, u64 pfn, u64 nr_pages, bool write);

/**
 * tidemark_process_enter - copy_to_user() and copy_from_user() reach its memory now
 * @process: whose
 *
 * Kernel threads borrow the memory; other processes do not get at it.
 *
 * Return: 0, -EPERM if the process is gone, -EFAULT if it is another one.
 */
int tidemark_process_enter(struct tidemark_process *process);

/**
 * tidemark_process_leave - and no longer
 * @process: entered before
 */
void tidemark_process_leave(struct tidemark_process *process);

/**
 * struct tidemark_batch - pages that are pinned ahead of where they are asked for
 * @process: whose pages
 * @write: pinned to be written
 * @pages: the batch, or &@single
 * @single: the batch where one page is all there is to pin, or memory for more is not
 * @capacity: how many pages fit
 * @next: the first in @pages that nobody asked for yet
 * @nr_left: how many those are
 *
 * Pages that follow each other in host memory are found only by pinning them. Those
 * behind the end of a run are the beginning of the next one, and so are kept.
 */
struct tidemark_batch {
	struct tidemark_process *process;
	bool write;
	struct page **pages;
	struct page *single;
	unsigned int capacity;
	unsigned int next;
	unsigned int nr_left;
};

/**
 * tidemark_batch_begin - before the first run of a range is pinned
 * @batch: to be filled
 * @process: whose pages
 * @nr_pages: of the whole range
 * @write: pin them to be written
 */
void tidemark_batch_begin(struct tidemark_batch *batch, struct tidemark_process *process,
			  u64 nr_pages, bool write);

/**
 * tidemark_batch_pin - pin a run: pages that follow each other in host memory
 * @batch: of this range
 * @vaddr: user address of the first page; where the run before ended
 * @nr_pages: how many pages there are up to the end of the range, at least 1
 * @pfn: the first host page; untouched on failure
 *
 * The run is as long as can be. The caller gives it back with
 * tidemark_process_unpin().
 *
 * Return: its length in pages, or -errno as of tidemark_process_pin().
 */
s64 tidemark_batch_pin(struct tidemark_batch *batch, u64 vaddr, u64 nr_pages, u64 *pfn);

/**
 * tidemark_batch_end - after the last run, or the first failure
 * @batch: what is pinned ahead in it is given back
 */
void tidemark_batch_end(struct tidemark_batch *batch);

#endif
