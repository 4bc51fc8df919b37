// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Linux, as far as the tracker needs more of it than its headers say: processes,
 * their accounts, and their pages.
 */
#include "tidemark_os.h"

#include <linux/capability.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "linux_versions.h"

/* Pages of a batch: as many pointers as fill a page. */
#define BATCH_PAGES_MAX (PAGE_SIZE / sizeof(struct page *))

/* Pages given back at once, between two chances for others to run. */
#define UNPIN_PAGES_MAX 4096

void tidemark_process_get(struct tidemark_process *process)
{
	process->task = get_task_struct(current->group_leader);
	process->mm = current->mm;
	mmgrab(process->mm);
	process->unlimited = capable(CAP_IPC_LOCK);
}

void tidemark_process_put(struct tidemark_process *process)
{
	mmdrop(process->mm);
	put_task_struct(process->task);
}

/*
 * A process that ended meanwhile has its memory taken apart by whoever leaves it last. That
 * takes long, and here the container's lock is held.
 */
static void process_memory_put(struct tidemark_process *process)
{
	mmput_async(process->mm);
}

int tidemark_process_charge(struct tidemark_process *process, u64 nr_pages)
{
	int ret = -EINTR;

	if (!nr_pages)
		return 0;
	if (!mmget_not_zero(process->mm))
		return -ESRCH;
	if (!mmap_write_lock_killable(process->mm)) {
		ret = __account_locked_vm(process->mm, nr_pages, true, process->task,
					  process->unlimited);
		mmap_write_unlock(process->mm);
	}
	process_memory_put(process);
	return ret;
}

void tidemark_process_uncharge(struct tidemark_process *process, u64 nr_pages)
{
	if (!nr_pages || !mmget_not_zero(process->mm))
		return;
	/* Whoever is killed has to give it back all the same. */
	mmap_write_lock(process->mm);
	__account_locked_vm(process->mm, nr_pages, false, process->task, process->unlimited);
	mmap_write_unlock(process->mm);
	process_memory_put(process);
}

/* Return: how many pages, at least 1, or -errno. */
static long process_pin_pages(struct tidemark_process *process, u64 vaddr, unsigned long nr_pages,
			      bool write, struct page **pages)
{
	long ret = -EINTR;

	if (!mmget_not_zero(process->mm))
		return -ENODEV;
	if (!mmap_read_lock_killable(process->mm)) {
		ret = pin_user_pages_of(process->mm, vaddr, nr_pages,
					FOLL_LONGTERM | (write ? FOLL_WRITE : 0), pages);
		mmap_read_unlock(process->mm);
	}
	process_memory_put(process);
	return ret ? ret : -EFAULT;
}

int tidemark_process_pin(struct tidemark_process *process, u64 vaddr, bool write, u64 *pfn)
{
	struct page *page;
	long ret = process_pin_pages(process, vaddr, 1, write, &page);

	if (ret < 0)
		return ret;
	*pfn = page_to_pfn(page);
	return 0;
}

void tidemark_process_unpin(struct tidemark_process *process, u64 pfn, u64 nr_pages, bool write)
{
	while (nr_pages) {
		unsigned long nr_now = min_t(u64, nr_pages, UNPIN_PAGES_MAX);

		unpin_user_page_range_dirty_lock(pfn_to_page(pfn), nr_now, write);
		cond_resched();
		pfn += nr_now;
		nr_pages -= nr_now;
	}
}

int tidemark_process_enter(struct tidemark_process *process)
{
	if (!mmget_not_zero(process->mm))
		return -EPERM;
	process->borrowed = !current->mm;
	if (process->borrowed) {
		kthread_use_mm(process->mm);
	} else if (current->mm != process->mm) {
		process_memory_put(process);
		return -EFAULT;
	}
	return 0;
}

void tidemark_process_leave(struct tidemark_process *process)
{
	if (process->borrowed)
		kthread_unuse_mm(process->mm);
	process_memory_put(process);
}

void tidemark_batch_begin(struct tidemark_batch *batch, struct tidemark_process *process,
			  u64 nr_pages, bool write)
{
	batch->process = process;
	batch->write = write;
	batch->capacity = min_t(u64, nr_pages, BATCH_PAGES_MAX);
	batch->next = 0;
	batch->nr_left = 0;
	batch->pages = NULL;
	if (batch->capacity > 1)
		batch->pages = kmalloc_array(batch->capacity, sizeof(*batch->pages), GFP_KERNEL);
	if (!batch->pages) {
		batch->pages = &batch->single;
		batch->capacity = 1;
	}
}

/* Return: 0 with at least one page pinned ahead, or -errno. */
static int batch_fill(struct tidemark_batch *batch, u64 vaddr, u64 nr_pages)
{
	long ret = process_pin_pages(batch->process, vaddr, min_t(u64, nr_pages, batch->capacity),
				     batch->write, batch->pages);

	if (ret < 0)
		return ret;
	batch->next = 0;
	batch->nr_left = ret;
	cond_resched();
	return 0;
}

/* Hand out what is pinned ahead, as far as it goes on from @pfn. How many pages. */
static u64 batch_take(struct tidemark_batch *batch, u64 pfn)
{
	u64 nr_taken = 0;

	while (batch->nr_left && page_to_pfn(batch->pages[batch->next]) == pfn + nr_taken) {
		batch->next++;
		batch->nr_left--;
		nr_taken++;
	}
	return nr_taken;
}

s64 tidemark_batch_pin(struct tidemark_batch *batch, u64 vaddr, u64 nr_pages, u64 *pfn)
{
	u64 first = 0, run = 0;
	int ret = 0;

	do {
		if (!batch->nr_left)
			ret = batch_fill(batch, vaddr + (run << PAGE_SHIFT), nr_pages - run);
		if (ret)
			break;
		if (!run)
			first = page_to_pfn(batch->pages[batch->next]);
		run += batch_take(batch, first + run);
	} while (!batch->nr_left && run < nr_pages);

	if (!run)
		return ret;
	*pfn = first;
	return run;
}

void tidemark_batch_end(struct tidemark_batch *batch)
{
	unpin_user_pages(batch->pages + batch->next, batch->nr_left);
	if (batch->pages != &batch->single)
		kfree(batch->pages);
}
