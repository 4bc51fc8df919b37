// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "os.h"

#include <bsd/sys/tree.h>
#include <stdarg.h>

__thread struct os_machine *os_current;

/*
 * libbsd's red-black tree under the kernel's names. Its own searches are not
 * used, so that nothing is ever compared.
 */
#define __unused __attribute__((unused))

static int never_compared(const struct rb_node *a, const struct rb_node *b)
{
	(void)a, (void)b;
	abort();
}

RB_GENERATE_STATIC(rb_root, rb_node, links, never_compared)

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	rb_root_RB_INSERT_COLOR(root, node);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	rb_root_RB_REMOVE(root, node);
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return rb_root_RB_NEXT((struct rb_node *)(uintptr_t)node);
}

void *kvzalloc(size_t bytes, int flags)
{
	void *memory;

	(void)flags;
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
	va_list arguments;

	/* The one counter that is not used under the container's lock alone. */
	__atomic_fetch_add(&os_current->nr_warnings, 1, __ATOMIC_RELAXED);
	if (!getenv("TIDEMARK_WARNINGS"))
		return;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
}

static void must(int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "Assertion failure: lock.%s: %s\n", what, strerror(error));
	abort();
}

void mutex_init(struct mutex *lock)
{
	pthread_mutexattr_t attributes;

	lock->owner = NULL;
	must(pthread_mutexattr_init(&attributes), "init");
	must(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK), "init");
	must(pthread_mutex_init(&lock->mutex, &attributes), "init");
	must(pthread_mutexattr_destroy(&attributes), "init");
}

void mutex_destroy(struct mutex *lock)
{
	must(pthread_mutex_destroy(&lock->mutex), "destroy");
}

void mutex_lock(struct mutex *lock)
{
	must(pthread_mutex_lock(&lock->mutex), "lock");
	__atomic_store_n(&lock->owner, &os_current, __ATOMIC_RELAXED);
}

void mutex_unlock(struct mutex *lock)
{
	__atomic_store_n(&lock->owner, NULL, __ATOMIC_RELAXED);
	must(pthread_mutex_unlock(&lock->mutex), "unlock");
}

void complete(struct completion *completion)
{
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
