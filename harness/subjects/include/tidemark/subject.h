/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a dirty-page tracker offers, so that tidemark can try it: a shared library that
 * exports one symbol, tidemark_subject_functions. For C11 and C++; needs nothing but this
 * header and the kernel's <linux/types.h>. docs/foreign-trackers.md says how to begin.
 *
 * Numbers of ioctls and their structs are those of <linux/vfio.h>; what is right is in
 * docs/contract.md. Errors are -errno. Addresses and sizes are bytes, pages are 4096 bytes,
 * ranges [first, last] include both ends and may end at 2^64 - 1. Rights are 1 to read, 2 to
 * write, 3 for both.
 *
 * A container is called by one thread, and runs until it returns; but in dma_unmap() its
 * functions may be called again. There may be several containers, one after the other or at
 * once, and each has its own world.
 */
#ifndef TIDEMARK_SUBJECT_H
#define TIDEMARK_SUBJECT_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Another number is another interface, that this one does not know. */
#define TIDEMARK_SUBJECT_ABI 1

/*
 * What not every tracker has; tidemark_subject.features. Of a tracker without one, no program
 * is tried that needs it.
 */
#define TIDEMARK_SUBJECT_HARDWARE_GROUPS (1u << 0) /* needs GET_INFO */
#define TIDEMARK_SUBJECT_PINS (1u << 1)            /* pin(), unpin(); needs DEVICES */
#define TIDEMARK_SUBJECT_RW (1u << 2)              /* rw() */
#define TIDEMARK_SUBJECT_DEVICES (1u << 3)         /* enroll(), withdraw(); calls dma_unmap() */
#define TIDEMARK_SUBJECT_GET_INFO (1u << 4)        /* the ioctl, with its capabilities */
#define TIDEMARK_SUBJECT_PROCESSES (1u << 5)       /* owners, who may go; caller() */
#define TIDEMARK_SUBJECT_LOCKED_LIMITS (1u << 6)   /* of memory; limit_pages(), own_pages() */
#define TIDEMARK_SUBJECT_ALLOCATION_FAULTS (1u << 7) /* allocation_fails(); needs STATE */
#define TIDEMARK_SUBJECT_RANGE_RULES (1u << 8)     /* others than "whole", as Linux */
#define TIDEMARK_SUBJECT_VERSION_1 (1u << 9)       /* containers of VFIO_TYPE1_IOMMU */
#define TIDEMARK_SUBJECT_STATE (1u << 10)          /* sizes(), locked_pages(), visit() */
#define TIDEMARK_SUBJECT_LEFTOVERS (1u << 11)      /* release() says what is left, if any is */

/* How many there are at most; they are numbered from 0. */
#define TIDEMARK_SUBJECT_MOST_GROUPS 4
#define TIDEMARK_SUBJECT_MOST_DEVICES 4

/* Who calls. Memories and tasks are numbered by the world; each memory is one task's. */
struct tidemark_subject_caller {
	bool kernel_thread; /* it has no memory: the rest means nothing */
	bool ipc_lock;	    /* it has CAP_IPC_LOCK */
	__u64 task, memory;
};

/*
 * The world around a container. Each function gets `context` as its first argument. Valid
 * until release() has returned.
 */
struct tidemark_subject_world {
	__u32 bytes; /* of this struct: what lies behind is not there */
	void *context;

	/*
	 * The user's memory. The copies return how many bytes, at the end, were not copied; 0
	 * is a success. access_ok() says whether a user may name the range at all.
	 */
	size_t (*copy_from_user)(void *context, void *to, __u64 from, size_t bytes);
	size_t (*copy_to_user)(void *context, __u64 to, const void *from, size_t bytes);
	bool (*access_ok)(void *context, __u64 address, __u64 bytes);

	/*
	 * Pins the pages at @vaddr, up to @nr_pages, as far as they follow each other in the
	 * host: how many, at least 1, and the first's number in @pfn; or -EFAULT or -EINTR.
	 * With PINS and HARDWARE_GROUPS. What is pinned is unpinned with the same @write.
	 */
	__s64 (*pin)(void *context, __u64 vaddr, __u64 nr_pages, bool write, __u64 *pfn);
	void (*unpin)(void *context, __u64 pfn, __u64 nr_pages, bool write);

	/* Asked before each allocation, with ALLOCATION_FAULTS: does it fail? */
	bool (*allocation_fails)(void *context);

	/*
	 * The IOMMU of a hardware group: 0 or -errno. iommu_unmap() takes whole ranges, several
	 * neighbours at once. iommu_lookup() returns how many of the pages from @iova on follow
	 * each other in the host, and the first's number.
	 */
	int (*iommu_map)(void *context, unsigned int group, __u64 iova, __u64 pfn, __u64 nr_pages,
			 int rights);
	void (*iommu_unmap)(void *context, unsigned int group, __u64 iova, __u64 nr_pages);
	__u64 (*iommu_lookup)(void *context, unsigned int group, __u64 iova, __u64 nr_pages,
			      __u64 *pfn);

	/* A device gives back what it holds: unpin() comes before this returns, or not. */
	void (*dma_unmap)(void *context, unsigned int device, __u64 iova, __u64 bytes);

	/* With PROCESSES: who makes the call that runs, and whether a memory has gone. */
	void (*caller)(void *context, struct tidemark_subject_caller *caller);
	bool (*memory_gone)(void *context, __u64 memory);
	/* With LOCKED_LIMITS, in pages: a task's limit; what a memory has locked by itself. */
	__u64 (*limit_pages)(void *context, __u64 task);
	__u64 (*own_pages)(void *context, __u64 memory);

	/* With LEFTOVERS, in release(): @count of @what, "allocations", were left. */
	void (*left)(void *context, const char *what, __u64 count);
};

/* How the user opens the container. */
struct tidemark_subject_config {
	__u32 type;	       /* VFIO_TYPE1v2_IOMMU, or with VERSION_1 VFIO_TYPE1_IOMMU */
	__u32 dma_entry_limit; /* of mappings */
	__u32 range_rule;      /* 0 exact, 1 whole, 2 any (R10); without RANGE_RULES always 1 */
};

/* The hardware of a group. */
struct tidemark_subject_hardware {
	__u64 pgsizes; /* bit n: pages of 2^n bytes */
	bool cache_coherent;
	__u64 aperture_first, aperture_last;
	unsigned int nr_reserved;
	struct {
		__u64 first, last;
	} reserved[2]; /* ascending, disjoint */
};

/* How much there is of everything. */
struct tidemark_subject_sizes {
	__u64 pgsizes; /* supported (D2); bit n: pages of 2^n bytes */
	__u64 pinned_pages; /* that have a pin */
	__u64 mappings;
	__u64 dma_avail; /* mappings that may still come */
	bool tracking;
};

/* Told what there is. Each function gets `context` first. */
struct tidemark_subject_visitor {
	void *context;
	void (*mapping)(void *context, __u64 first, __u64 last, __u64 vaddr, int rights);
	void (*pin)(void *context, __u64 iova, __u64 count); /* a page that has pins */
	void (*marks)(void *context, __u64 first, __u64 last); /* pages that are dirty */
};

/* The tracker. @container is what create() returned. */
struct tidemark_subject {
	__u32 abi;	/* TIDEMARK_SUBJECT_ABI */
	__u32 bytes;	/* sizeof(struct tidemark_subject) */
	__u32 features; /* of TIDEMARK_SUBJECT_... */
	/*
	 * What the paths of its sources have in common, "/mine/": crashes are named for the
	 * innermost function there. Null: for the innermost in the library.
	 */
	const char *sources;

	/* A new container; null if there can be none, which is a finding. */
	void *(*create)(const struct tidemark_subject_world *world,
			const struct tidemark_subject_config *config);
	/* Gives back all that the container has. No device is enrolled any more. */
	void (*release)(void *container);
	/* 0, or what CHECK_EXTENSION says, or -errno. @argument is a user address or a number. */
	__s64 (*ioctl)(void *container, unsigned int command, __u64 argument);
	/* @hardware is null for an emulated group, else valid until this returns. 0 or -errno. */
	int (*attach)(void *container, unsigned int group,
		      const struct tidemark_subject_hardware *hardware);
	void (*detach)(void *container, unsigned int group);

	/* @device is not enrolled, or is, and no callback of it runs. */
	void (*enroll)(void *container, unsigned int device);
	void (*withdraw)(void *container, unsigned int device);
	/* @nr_pages, or -errno. At most 512 numbers of host pages are stored in @pfns. */
	int (*pin)(void *container, unsigned int group, __u64 iova, int nr_pages, int rights,
		   __u64 *pfns);
	void (*unpin)(void *container, __u64 iova, int nr_pages);
	/* 0 or -errno. */
	int (*rw)(void *container, __u64 iova, void *data, size_t bytes, bool write);

	/*
	 * Between calls. locked_pages(): that the container has accounted to a memory, which is
	 * one of 0 to 3 without PROCESSES, and of these 0 that of all calls. visit(): mappings,
	 * pins and marks, each ascending.
	 */
	void (*sizes)(void *container, struct tidemark_subject_sizes *sizes);
	__u64 (*locked_pages)(void *container, __u64 memory);
	void (*visit)(void *container, const struct tidemark_subject_visitor *visitor);
};

/* The one symbol. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
extern const struct tidemark_subject tidemark_subject_functions;

#ifdef __cplusplus
}
#endif

#endif
