/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What stands in for the kernel around the tracker in user space: processes
 * with memory and locked-memory limits, an allocator that can be told to fail,
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

/**
 * struct os_process - a process: its memory, and what it may lock of it
 * @gone: it has exited, or has other memory by now; its pages are still pinned
 * @ipc_lock: it has CAP_IPC_LOCK, and no limit counts for what it maps
 * @locked_limit_pages: RLIMIT_MEMLOCK
 * @own_locked_pages: that it has locked by itself; they count, too
 * @locked_pages: charged to it; written by what the tracker calls
 */
struct os_process {
	bool gone;
	bool ipc_lock;
	__u64 locked_limit_pages;
	__u64 own_locked_pages;
	__u64 locked_pages;
};

/**
 * struct os_machine - the processes that a container runs in, and their host
 * @context: given to every function
 * @copy_from_user: Return the number of bytes that could not be copied, 0 if all could.
 * @copy_to_user: The same.
 * @access_ok: May a user name [address, address + bytes) at all?
 * @pin: Pin up to @nr_pages pages from @vaddr on that follow each other in host
 *	 memory, the first being @pfn. Return how many, or -errno, -EFAULT where
 *	 there is no memory.
 * @unpin: Give them back, dirty if they were pinned to be written (@write).
 * @unlocked: NULL, or called whenever this thread has let a lock go: where tests let
 *	      the other threads in.
 * @process: who calls; NULL: a thread of the kernel, which maps nothing. Processes
 *	     outlive their mappings, and have their memory at the same addresses.
 * @fail_allocation: 1: the next one fails, once; 0: none does
 * @allocation_failed: set when @fail_allocation came true
 * @nr_allocations: not freed yet
 * @nr_processes: references held on processes
 * @locked_pages: charged to all of them, be they gone or not
 * @nr_entered: of their memory by rw that were not left yet
 * @nr_warnings: about drivers; nothing is printed
 *
 * One machine serves one container. Its functions and counters are used under
 * the container's lock, or before and after all other use, so that they need
 * none of their own; copies of ioctl arguments, warnings and @unlocked are the exceptions.
 * The fields from @allocation_failed on are written by what the tracker calls.
 */
struct os_machine {
	void *context;
	size_t (*copy_from_user)(void *context, void *to, __u64 from, size_t bytes);
	size_t (*copy_to_user)(void *context, __u64 to, const void *from, size_t bytes);
	bool (*access_ok)(void *context, __u64 address, __u64 bytes);
	__s64 (*pin)(void *context, __u64 vaddr, __u64 nr_pages, bool write, __u64 *pfn);
	void (*unpin)(void *context, __u64 pfn, __u64 nr_pages, bool write);
	void (*unlocked)(void *context);

	struct os_process *process;
	__u64 fail_allocation;

	bool allocation_failed;
	__u64 nr_allocations;
	__u64 nr_processes;
	__u64 locked_pages;
	__u64 nr_entered;
	__u64 nr_warnings;
};

/* The machine that this thread's calls run on; set before any of them. */
extern __thread struct os_machine *os_current;

/**
 * struct os_call - what one call of the tracker did with its container's lock, and what it cost
 * @nr_takes: how often it took it
 * @nr_outside: uses of the machine for which it should have had it, and had not
 * @nr_kept: locks that it had taken and not given back: os_call_end() does that
 * @nr_bytes: of memory that it asked for, be it that it did not get it or gave it back
 * @nr_steps: what it looked at: nodes of trees, and words in which it sought a bit
 * @outer: private: the call of this thread in whose callback this one runs
 * @held: private: the lock that the thread had last taken when the call began
 *
 * A call takes effect at one moment (R17) if it takes the lock once, does all it
 * does under it, and ends. An unmap lets it go for each callback (D6), and takes
 * it again. So after any call of tidemark.h @nr_outside and @nr_kept are 0, and @nr_takes is
 * 1 + the callbacks that this call made (those of calls within a callback are
 * theirs), but for what is decided from the arguments and needs no lock, where it
 * is 0:
 *
 * - tidemark_container_create() and CHECK_EXTENSION of all but VFIO_DMA_CC_IOMMU,
 *   whatever they return; any ioctl that is -ENOTTY;
 * - GET_INFO, MAP_DMA, UNMAP_DMA, DIRTY_PAGES: a copy of the argument that fails
 *   (-EFAULT); argsz and flags (-EINVAL); in UNMAP_DMA and GET_BITMAP also the copy
 *   of the bitmap's struct and its check (D15); in GET_BITMAP a range that is empty
 *   or wraps; DIRTY_PAGES on v1 (-EACCES);
 * - tidemark_pages_pin(): -E2BIG, -EACCES on v1, and -EINVAL for nr_pages <= 0;
 * - tidemark_pages_unpin() on v1, or of less than 1 or more than 512 pages.
 *
 * So a call that succeeds has taken it, with the two exceptions of the first line.
 * All others always take it: attach, detach, register, unregister, memory_read and
 * _write (of 0 bytes, too), stats, visit, destroy.
 *
 * Every copy to the user, pin, unpin, change of an account, a list or a tree, step
 * through a tree, and completion wants the lock. A copy from the user and access_ok()
 * want it from the first take on: before, they are about the arguments.
 */
struct os_call {
	__u64 nr_takes;
	__u64 nr_outside;
	__u64 nr_kept;
	__u64 nr_bytes;
	__u64 nr_steps;
	struct os_call *outer;
	struct mutex *held;	/* not this struct's to take */
};

/**
 * os_call_begin - count what this thread does from now on
 * @call: becomes all 0; it lives until the end. Calls nest.
 */
void os_call_begin(struct os_call *call);

/**
 * os_call_end - and no longer; the counters stay
 * @call: the one that began last and has not ended
 */
void os_call_end(struct os_call *call);

#ifdef __cplusplus
}
#endif

#endif
