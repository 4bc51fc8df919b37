/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What stands in for the kernel around the tracker in user space: a process
 * with memory and a locked-memory limit, an allocator that can be told to fail,
 * and the counters that show what was left behind. For C and C++.
 */
#ifndef TIDEMARK_OS_USER_MACHINE_H
#define TIDEMARK_OS_USER_MACHINE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One machine serves one container. Its functions and counters are used under
 * the container's lock, or before and after all other use, so that they need
 * none of their own; copies of ioctl arguments and warnings are the exceptions.
 */
struct os_machine {
	void *context;	/* given to every function */
	/* Return the number of bytes that could not be copied, 0 if all could. */
	size_t (*copy_from_user)(void *context, void *to, __u64 from, size_t bytes);
	size_t (*copy_to_user)(void *context, __u64 to, const void *from, size_t bytes);
	/* May a user name [address, address + bytes) at all? */
	bool (*access_ok)(void *context, __u64 address, __u64 bytes);
	/*
	 * Pin up to @nr_pages pages from @vaddr on that follow each other in
	 * host memory, the first being @pfn. Returns how many, or -errno, -EFAULT
	 * where there is no memory.
	 */
	__s64 (*pin)(void *context, __u64 vaddr, __u64 nr_pages, bool write, __u64 *pfn);
	/* Give them back, dirty if they were pinned to be written (@write). */
	void (*unpin)(void *context, __u64 pfn, __u64 nr_pages, bool write);

	bool process_gone;		/* the process has exited; its pages are still pinned */
	__u64 locked_limit_pages;	/* RLIMIT_MEMLOCK */
	__u64 fail_allocation;		/* 1: the next one fails, once; 0: none does */

	/* Counted by the tracker's calls. */
	bool allocation_failed;		/* set when fail_allocation came true */
	__u64 nr_allocations;		/* not freed yet */
	__u64 nr_processes;		/* references held on the process */
	__u64 locked_pages;
	__u64 nr_warnings;
};

/* The machine that this thread's calls run on; set before any of them. */
extern __thread struct os_machine *os_current;

#ifdef __cplusplus
}
#endif

#endif
