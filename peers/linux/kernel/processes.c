// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Processes as a driver sees them: who calls, whose memory it is, what of it is locked.
 */
#include "inside.h"

#include <linux/sched/mm.h>
#include <stdlib.h>

static struct linux_caller caller(void)
{
	return linux_peer->world->caller(linux_peer->world->context);
}

static void *process_part(size_t bytes)
{
	void *part = calloc(1, bytes);

	if (!part)
		abort();
	return part;
}

/* What the process has done by itself. */
static void follow(struct mm_struct *mm)
{
	const struct linux_world *world = linux_peer->world;
	const u64 own_pages = world->own_pages(world->context, mm->number);

	mm->gone = world->memory_gone(world->context, mm->number);
	mm->locked_vm += own_pages - mm->own_pages;
	mm->own_pages = own_pages;
}

struct mm_struct *linux_peer_mm(__u64 number)
{
	struct mm_struct *mm;

	list_for_each_entry(mm, &linux_peer->mms, list)
		if (mm->number == number)
			return mm;
	mm = process_part(sizeof(*mm));
	mm->number = number;
	list_add(&mm->list, &linux_peer->mms);
	follow(mm);
	return mm;
}

static struct task_struct *task_of(const struct linux_caller *caller)
{
	struct task_struct *task;

	list_for_each_entry(task, &linux_peer->tasks, list)
		if (task->number == caller->task)
			goto found;
	task = process_part(sizeof(*task));
	task->number = caller->task;
	task->group_leader = task;
	list_add(&task->list, &linux_peer->tasks);
found:
	task->mm = linux_peer_mm(caller->memory);
	return task;
}

struct task_struct *linux_peer_current(void)
{
	const struct linux_caller now = caller();

	return now.kernel_thread ? &linux_peer->kernel_thread : task_of(&now);
}

bool capable(int capability)
{
	(void)capability;
	return caller().capable;
}

void linux_peer_enter(struct linux_container *container)
{
	struct mm_struct *mm;

	linux_peer = container;
	list_for_each_entry(mm, &container->mms, list)
		follow(mm);
}

void linux_peer_free_processes(void)
{
	struct task_struct *task, *next_task;
	struct mm_struct *mm, *next_mm;

	list_for_each_entry_safe(mm, next_mm, &linux_peer->mms, list)
		free(mm);
	list_for_each_entry_safe(task, next_task, &linux_peer->tasks, list)
		free(task);
}

bool mmget_not_zero(struct mm_struct *mm)
{
	if (mm->gone)
		return false;
	++mm->nr_references;
	return true;
}

unsigned long task_rlimit(const struct task_struct *task, unsigned int limit)
{
	const __u64 pages =
		linux_peer->world->memlock_pages(linux_peer->world->context, task->number);

	(void)limit;
	return pages >= ~0ul >> PAGE_SHIFT ? ~0ul : pages << PAGE_SHIFT;
}

int __account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc,
			struct task_struct *task, bool bypass_rlim)
{
	if (!inc) {
		WARN_ON(pages > mm->locked_vm);
		mm->locked_vm -= pages;
		return 0;
	}
	if (!bypass_rlim && mm->locked_vm + pages > task_rlimit(task, RLIMIT_MEMLOCK) >> PAGE_SHIFT)
		return -ENOMEM;
	mm->locked_vm += pages;
	return 0;
}
