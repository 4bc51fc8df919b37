/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Processes of one task each; who calls, and what its limit is, the world says. */
#ifndef LINUX_PEER_SCHED_SIGNAL_H
#define LINUX_PEER_SCHED_SIGNAL_H

#include <linux/kernel.h>
#include <linux/types.h>

#include "../../circumstances.h"

struct mm_struct;
struct task_struct {
	struct list_head list; /* in linux_container.tasks */
	u64 number;            /* as the world has it */
	struct task_struct *group_leader;
	struct mm_struct *mm;
	char comm[16];
	long nr_references;
};
struct task_struct *linux_peer_current(void);
#define current linux_peer_current()

#define RLIMIT_MEMLOCK 8
#define CAP_IPC_LOCK 14
/* Bytes. */
unsigned long task_rlimit(const struct task_struct *task, unsigned int limit);
#define rlimit(limit) task_rlimit(current, limit)
bool capable(int capability);

static inline struct task_struct *get_task_struct(struct task_struct *task)
{
	++task->nr_references;
	return task;
}
static inline void put_task_struct(struct task_struct *task)
{
	--task->nr_references;
}
static inline int task_pid_nr(const struct task_struct *task)
{
	(void)task;
	return 1;
}
static inline bool fatal_signal_pending(const struct task_struct *task)
{
	(void)task;
	return false;
}
static inline void cond_resched(void)
{
}

#endif
