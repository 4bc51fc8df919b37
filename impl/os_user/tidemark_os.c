// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The kernel's functions as tests want them, and the process around the tracker.
 */
#include "tidemark_os.h"

#include <bsd/sys/tree.h>
#include <stdarg.h>

__thread struct os_machine *os_current;

/* What this thread's call does with the lock, and the locks that the thread has. */
static __thread struct os_call *current_call;
static __thread struct mutex *last_held;

__thread u64 os_steps;

/* The steps so far are those of the call that is under way. */
static void steps_count(void)
{
	if (current_call)
		current_call->nr_steps += os_steps;
	os_steps = 0;
}

void os_call_begin(struct os_call *call)
{
	steps_count();
	*call = (struct os_call){ .outer = current_call, .held = last_held };
	current_call = call;
}

void os_call_end(struct os_call *call)
{
	steps_count();
	current_call = call->outer;
	/* Else the next call, which has done nothing wrong, would wait for ever. */
	while (last_held && last_held != call->held) {
		mutex_unlock(last_held);
		call->nr_kept++;
	}
}

/* What comes next is to be done under the lock. */
void os_wants_lock(void)
{
	if (current_call && !last_held)
		current_call->nr_outside++;
}

/* The same, unless it is about arguments that are looked at before the lock. */
static void wants_lock_after_first(void)
{
	if (current_call && current_call->nr_takes)
		os_wants_lock();
}

/*
 * libbsd's red-black tree under the kernel's names. Its own searches are not
 * used, so that nothing is ever compared.
 */
#define __unused __attribute__((unused))

static int never_compared(const struct rb_node *a, const struct rb_node *b)
{
	(void)a;
	(void)b;
	abort();
}

RB_GENERATE_STATIC(rb_root, rb_node, links, never_compared)

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	os_wants_lock();
	rb_root_RB_INSERT_COLOR(root, node);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	os_wants_lock();
	rb_root_RB_REMOVE(root, node);
}

struct rb_node *rb_next(const struct rb_node *node)
{
	os_wants_lock();
	return rb_root_RB_NEXT((struct rb_node *)(uintptr_t)node);
}

void *kvzalloc(size_t bytes, int flags)
{
	void *memory;

	(void)flags;
	if (current_call && check_add_overflow(current_call->nr_bytes, bytes,
					       &current_call->nr_bytes))
		current_call->nr_bytes = ~(u64)0;
	if (os_current->fail_allocation && !--os_current->fail_allocation) {
		os_current->allocation_failed = true;
		return NULL;
	}
	if (bytes > INT_MAX)
		return NULL;
	memory = calloc(1, bytes);
	if (memory)
		os_current->nr_allocations++;
	return memory;
}

void kvfree(const void *memory)
{
	if (memory)
		os_current->nr_allocations--;
	free((void *)(uintptr_t)memory);
}

void os_warn(const char *format, ...)
{
	(void)format;
	/* The one counter that is not used under the container's lock alone. */
	__atomic_fetch_add(&os_current->nr_warnings, 1, __ATOMIC_RELAXED);
}

void os_die(const char *format, ...)
{
	va_list arguments;

	fputs("Assertion failure: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("\n", stderr);
	abort();
}

static inline void must(int error, const char *what)
{
	if (error)
		os_die("lock.%s: %s", what, strerror(error));
}

void mutex_init(struct mutex *lock)
{
	pthread_mutexattr_t attributes;

	lock->owner = NULL;
	must(pthread_mutexattr_init(&attributes), "init");
	must(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK), "init");
	must(pthread_mutex_init(&lock->mutex, &attributes), "init");
	must(pthread_mutexattr_destroy(&attributes), "init");
	lock->ready = true;
}

void mutex_destroy(struct mutex *lock)
{
	must(lock->ready ? pthread_mutex_destroy(&lock->mutex) : EINVAL, "destroy");
	lock->ready = false;
}

void mutex_lock(struct mutex *lock)
{
	/* Zeroes are a lock as well, but of a kind that notices nothing. */
	must(lock->ready ? pthread_mutex_lock(&lock->mutex) : EINVAL, "lock");
	__atomic_store_n(&lock->owner, (const void *)&os_current, __ATOMIC_RELAXED);
	lock->held = last_held;
	last_held = lock;
	if (current_call)
		current_call->nr_takes++;
}

void mutex_unlock(struct mutex *lock)
{
	struct mutex **held = &last_held;

	while (*held && *held != lock)
		held = &(*held)->held;
	must(*held ? 0 : EPERM, "unlock");
	*held = lock->held;
	__atomic_store_n(&lock->owner, NULL, __ATOMIC_RELAXED);
	must(pthread_mutex_unlock(&lock->mutex), "unlock");
	if (os_current->unlocked)
		os_current->unlocked(os_current->context);
}

void complete(struct completion *completion)
{
	os_wants_lock();
	must(pthread_mutex_lock(&completion->mutex), "complete");
	completion->done = true;
	must(pthread_cond_signal(&completion->condition), "complete");
	must(pthread_mutex_unlock(&completion->mutex), "complete");
}

void wait_for_completion(struct completion *completion)
{
	must(pthread_mutex_lock(&completion->mutex), "wait");
	while (!completion->done)
		must(pthread_cond_wait(&completion->condition, &completion->mutex), "wait");
	must(pthread_mutex_unlock(&completion->mutex), "wait");
}

bool access_ok(const void __user *address, size_t bytes)
{
	wants_lock_after_first();
	return os_current->access_ok(os_current->context, (uintptr_t)address, bytes);
}

unsigned long copy_from_user(void *to, const void __user *from, size_t bytes)
{
	wants_lock_after_first();
	return os_current->copy_from_user(os_current->context, to, (uintptr_t)from, bytes);
}

unsigned long copy_to_user(void __user *to, const void *from, size_t bytes)
{
	os_wants_lock();
	return os_current->copy_to_user(os_current->context, (uintptr_t)to, from, bytes);
}

void tidemark_process_get(struct tidemark_process *process)
{
	process->machine = os_current;
	process->process = os_current->process;
	process->unlimited = os_current->process->ipc_lock;
	process->machine->nr_processes++;
}

void tidemark_process_put(struct tidemark_process *process)
{
	process->machine->nr_processes--;
}

int tidemark_process_charge(struct tidemark_process *process, u64 nr_pages)
{
	struct os_process *owner = process->process;
	u64 locked = owner->own_locked_pages + owner->locked_pages;

	os_wants_lock();
	if (!nr_pages)
		return 0;
	if (owner->gone)
		return -ESRCH;
	if (!process->unlimited && locked + nr_pages > owner->locked_limit_pages)
		return -ENOMEM;
	owner->locked_pages += nr_pages;
	process->machine->locked_pages += nr_pages;
	return 0;
}

void tidemark_process_uncharge(struct tidemark_process *process, u64 nr_pages)
{
	os_wants_lock();
	process->process->locked_pages -= nr_pages;
	process->machine->locked_pages -= nr_pages;
}

static s64 process_pin_pages(struct tidemark_process *process, u64 vaddr, u64 nr_pages,
			     bool write, u64 *pfn)
{
	struct os_machine *machine = process->machine;

	os_wants_lock();
	if (process->process->gone)
		return -ENODEV;
	return machine->pin(machine->context, vaddr, nr_pages, write, pfn);
}

int tidemark_process_pin(struct tidemark_process *process, u64 vaddr, bool write, u64 *pfn)
{
	s64 ret = process_pin_pages(process, vaddr, 1, write, pfn);

	return ret < 0 ? ret : 0;
}

void tidemark_process_unpin(struct tidemark_process *process, u64 pfn, u64 nr_pages, bool write)
{
	os_wants_lock();
	process->machine->unpin(process->machine->context, pfn, nr_pages, write);
}

int tidemark_process_enter(struct tidemark_process *process)
{
	const struct os_process *caller = os_current->process;

	if (process->process->gone)
		return -EPERM;
	if (caller && caller != process->process)
		return -EFAULT;
	process->machine->nr_entered++;
	return 0;
}

void tidemark_process_leave(struct tidemark_process *process)
{
	WARN_ON(!process->machine->nr_entered);
	process->machine->nr_entered--;
}

void tidemark_batch_begin(struct tidemark_batch *batch, struct tidemark_process *process,
			  u64 nr_pages, bool write)
{
	(void)nr_pages;
	batch->process = process;
	batch->write = write;
	/* Not one that may fail: the kernel does without. One that has no end is a leak. */
	batch->held = malloc(1);
}

s64 tidemark_batch_pin(struct tidemark_batch *batch, u64 vaddr, u64 nr_pages, u64 *pfn)
{
	return process_pin_pages(batch->process, vaddr, nr_pages, batch->write, pfn);
}

void tidemark_batch_end(struct tidemark_batch *batch)
{
	free(batch->held);
}
