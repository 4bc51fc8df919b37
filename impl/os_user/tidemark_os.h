/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the tracker needs from an operating system, in user space. The kernel's
 * is os_kernel/tidemark_os.h: the same needs in the same order.
 */
#ifndef TIDEMARK_OS_H
#define TIDEMARK_OS_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os_machine.h"

/* What this thread has looked at, of which os_call_end() makes struct os_call.nr_steps. */
extern __thread __u64 os_steps;

/* ---- The same as the kernel's ---- */

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#define PAGE_SHIFT 12
#define __packed __attribute__((packed))
#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))
#define offsetofend(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define check_add_overflow(a, b, sum) __builtin_add_overflow(a, b, sum)
#define flex_array_size(pointer, member, count) array_size(count, sizeof(*(pointer)->member))
#define struct_size(pointer, member, count) \
	size_add(sizeof(*(pointer)), flex_array_size(pointer, member, count))
#define DIV_ROUND_UP_ULL(a, b) (((unsigned long long)(a) + (b) - 1) / (b))
#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })

/* Sizes stay SIZE_MAX once they do not fit, and nobody has so much memory. */
static inline size_t size_add(size_t a, size_t b)
{
	size_t sum;

	return check_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

static inline size_t array_size(size_t count, size_t bytes)
{
	size_t product;

	return __builtin_mul_overflow(count, bytes, &product) ? SIZE_MAX : product;
}

/* Number of the lowest bit set; @word is not 0. Counted, see os_steps. */
static inline unsigned long __ffs(unsigned long word)
{
	os_steps++;
	return (unsigned long)__builtin_ctzl(word);
}

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

/* All lists and trees are a container's: a change of one is for who has its lock. */
void os_wants_lock(void);

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	os_wants_lock();
	entry->prev = head->prev;
	entry->next = head;
	head->prev->next = entry;
	head->prev = entry;
}

static inline void list_del(struct list_head *entry)
{
	os_wants_lock();
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
}

#define list_entry(pointer, type, member) container_of(pointer, type, member)
#define list_for_each_entry(pos, head, member)					\
	for (pos = list_entry((head)->next, __typeof__(*pos), member);		\
	     &pos->member != (head);						\
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member)				\
	for (pos = list_entry((head)->next, __typeof__(*pos), member),		\
	     n = list_entry(pos->member.next, __typeof__(*pos), member);	\
	     &pos->member != (head);						\
	     pos = n, n = list_entry(n->member.next, __typeof__(*n), member))

/* The fields are named as <bsd/sys/tree.h>, which tidemark_os.c builds on, wants them. */
struct rb_node {
	struct {
		struct rb_node *rbe_left, *rbe_right, *rbe_parent;
		int rbe_color;
	} links;
};

#define rb_left links.rbe_left
#define rb_right links.rbe_right

struct rb_root {
	union {
		struct rb_node *rb_node;
		struct rb_node *rbh_root;
	};
};

/* Counted, see os_steps: a tree is looked at node by node. */
#define rb_entry(pointer, type, member) (os_steps++, container_of(pointer, type, member))
#define rb_entry_safe(pointer, type, member) \
	({ __typeof__(pointer) p_ = (pointer); p_ ? rb_entry(p_, type, member) : NULL; })

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->links.rbe_left = NULL;
	node->links.rbe_right = NULL;
	node->links.rbe_parent = parent;
	node->links.rbe_color = 1;	/* red */
	*link = node;
}

void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);

/* ---- Does nothing here ---- */

#define __user
#define GFP_KERNEL_ACCOUNT 0
#define __GFP_RETRY_MAYFAIL 0
#define __GFP_NOWARN 0

/* ---- Changed so that tests can see ---- */

/* Memory: counted, and made to fail on demand. As large as the kernel gives. */
void *kvzalloc(size_t bytes, int flags);
void kvfree(const void *memory);
#define kvcalloc(count, bytes, flags) kvzalloc(array_size(count, bytes), flags)
#define kzalloc(bytes, flags) kvzalloc(bytes, flags)
#define kfree(memory) kvfree(memory)

/*
 * Complaints: those about us stop the program, and its finding is named for what
 * is said here; those about drivers are counted.
 */
__attribute__((cold, noreturn, format(printf, 1, 2))) void os_die(const char *format, ...);
#define WARN_ON(condition)						\
	do {								\
		if (condition)						\
			os_die("WARN_ON(%s) in %s", #condition, __func__);\
	} while (0)
#define pr_warn_ratelimited(...) os_warn(__VA_ARGS__)
__attribute__((format(printf, 1, 2))) void os_warn(const char *format, ...);

/* Locks: of a kind that notices misuse. */
struct mutex {
	pthread_mutex_t mutex;
	const void *owner;	/* address of its thread's os_current, or NULL */
	struct mutex *held;	/* the one that this thread took before it, and still has */
	bool ready;		/* initialised, and not destroyed */
};

void mutex_init(struct mutex *lock);
void mutex_destroy(struct mutex *lock);
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

/* By this thread? Its os_current is at an address that no other thread's is at. */
static inline bool os_is_held(const struct mutex *lock)
{
	return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == (const void *)&os_current;
}

/* Always on: each run of a fuzzer asks whether whoever wants the lock has it. */
#define lockdep_assert_held(lock)					\
	do {								\
		if (!os_is_held(lock))					\
			os_die("lock.not-held.%s", __func__);		\
	} while (0)

struct completion {
	pthread_mutex_t mutex;
	pthread_cond_t condition;
	bool done;
};

#define DECLARE_COMPLETION_ONSTACK(name) \
	struct completion name = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false }
void complete(struct completion *completion);
void wait_for_completion(struct completion *completion);

/* User memory: what the machine makes of it. */
#define u64_to_user_ptr(address) ((void __user *)(uintptr_t)(address))
bool access_ok(const void __user *address, size_t bytes);
unsigned long copy_from_user(void *to, const void __user *from, size_t bytes);
unsigned long copy_to_user(void __user *to, const void *from, size_t bytes);

/* The process that made a mapping: whose memory it is, and who pays for it. */
struct tidemark_process {
	struct os_machine *machine;
	struct os_process *process;
	bool unlimited;
};

void tidemark_process_get(struct tidemark_process *process);
void tidemark_process_put(struct tidemark_process *process);
int tidemark_process_charge(struct tidemark_process *process, u64 nr_pages);
void tidemark_process_uncharge(struct tidemark_process *process, u64 nr_pages);
int tidemark_process_pin(struct tidemark_process *process, u64 vaddr, bool write, u64 *pfn);
void tidemark_process_unpin(struct tidemark_process *process, u64 pfn, u64 nr_pages, bool write);
int tidemark_process_enter(struct tidemark_process *process);
void tidemark_process_leave(struct tidemark_process *process);

/* Runs of pages. The machine pins them as they are asked for, and none ahead. */
struct tidemark_batch {
	void *held; /* until its end, as the kernel's holds pages */
	struct tidemark_process *process;
	bool write;
};

void tidemark_batch_begin(struct tidemark_batch *batch, struct tidemark_process *process,
			  u64 nr_pages, bool write);
s64 tidemark_batch_pin(struct tidemark_batch *batch, u64 vaddr, u64 nr_pages, u64 *pfn);
void tidemark_batch_end(struct tidemark_batch *batch);

#endif
