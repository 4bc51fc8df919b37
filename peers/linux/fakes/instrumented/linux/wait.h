/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Waking up is nothing to do where one thread runs at a time; but whoever goes
 * to sleep here would sleep for ever, and that is a finding.
 */
#ifndef LINUX_PEER_WAIT_H
#define LINUX_PEER_WAIT_H

#include <linux/bug.h>

typedef struct {
	int none;
} wait_queue_head_t;
typedef struct {
	int none;
} wait_queue_entry_t;

#define TASK_KILLABLE 0
#define DEFINE_WAIT(name) wait_queue_entry_t name = {0}
#define schedule() linux_peer_stop("hang", __func__)

static inline void init_waitqueue_head(wait_queue_head_t *head)
{
	(void)head;
}
static inline void wake_up_all(wait_queue_head_t *head)
{
	(void)head;
}
static inline void prepare_to_wait(wait_queue_head_t *head, wait_queue_entry_t *entry, int state)
{
	(void)head;
	(void)entry;
	(void)state;
}
static inline void finish_wait(wait_queue_head_t *head, wait_queue_entry_t *entry)
{
	(void)head;
	(void)entry;
}

#endif
