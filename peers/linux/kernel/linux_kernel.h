/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The border between a kernel and who drives it: Linux's type1 driver, compiled
 * as it is, in a world that the driver's caller plays. For C and C++.
 *
 * One container is one kernel. Calls come one at a time, but a dma_unmap() may make
 * others.
 */
#ifndef PEERS_LINUX_KERNEL_H
#define PEERS_LINUX_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LINUX_GROUPS 4
#define LINUX_DEVICES 4

/* Who calls. Tasks and memories are numbered by the world; each memory is a task's. */
struct linux_caller {
	bool kernel_thread; /* one without memory of its own: the rest means nothing */
	bool capable;       /* has CAP_IPC_LOCK */
	__u64 task, memory;
};

struct linux_world {
	void *context; /* given to every function */
	/* Return the number of bytes that could not be copied. */
	size_t (*copy_from_user)(void *context, void *to, __u64 from, size_t bytes);
	size_t (*copy_to_user)(void *context, __u64 to, const void *from, size_t bytes);
	bool (*access_ok)(void *context, __u64 address, __u64 bytes);
	/*
	 * Pin up to @nr_pages pages from @vaddr on that follow each other in host
	 * memory, the first being @pfn. Returns how many, or -errno.
	 */
	__s64 (*pin)(void *context, __u64 vaddr, __u64 nr_pages, bool write, __u64 *pfn);
	void (*unpin)(void *context, __u64 pfn, __u64 nr_pages, bool write);
	struct linux_caller (*caller)(void *context);
	__u64 (*memlock_pages)(void *context, __u64 task);
	bool (*memory_gone)(void *context, __u64 memory);
	__u64 (*own_pages)(void *context, __u64 memory); /* locked by the process itself */
	/* Shall the next allocation fail? */
	bool (*allocation_fails)(void *context);
	/* An IOMMU is told to map a run of user pages: shall it have no memory? */
	bool (*iommu_map_fails)(void *context);
	void (*dma_unmap)(void *context, unsigned int device, __u64 iova, __u64 bytes);
	/* WARN_ON() in @function came true. */
	void (*warn)(void *context, const char *function);
	/*
	 * The kernel cannot go on: "bug", "deadlock", "hang" or "foreseen". Throws,
	 * through the frames of the kernel; afterwards only destroy() may be called.
	 */
	void (*stop)(void *context, const char *what, const char *function);
};

/* What an IOMMU can do; the ranges are in bytes, inclusive. */
struct linux_hardware {
	__u64 pgsizes;
	bool cache_coherent;
	__u64 aperture_first, aperture_last;
	unsigned int nr_reserved;
	struct {
		__u64 first, last;
	} reserved[2];
};

/* The page tables of memory without struct pages. */
enum linux_tables {
	LINUX_MAPPED,      /* are there */
	LINUX_FAULTS,      /* after a fault */
	LINUX_FAULTS_MORE, /* after two, of which the first lets go of the lock */
	LINUX_NOT_THERE,   /* a fault fails */
	LINUX_GOES_AWAY,   /* a fault succeeds, and still they are not there */
};

/* What reserved ranges are for. */
enum linux_reserved {
	LINUX_RESERVED,
	LINUX_RELAXABLE,
	LINUX_MSI,
	LINUX_SOFTWARE_MSI,
};

enum linux_interrupts {
	LINUX_REMAPPED,
	LINUX_REMAPPED_BY_IOMMU, /* the IOMMU says so, and nobody else */
	LINUX_UNSAFE,
};

/* What can be otherwise. All zero is how it is unless a test says so. */
struct linux_circumstances {
	/* Who calls, and what for. */
	bool dying;               /* gets no lock for which a fatal signal need not wait */
	__u64 nr_pinned_of_other; /* counted: pins of other memories than the first */

	/* User memory that has no struct page: user addresses in bytes, inclusive. */
	__u64 device_first, device_last;
	__u64 device_pfn; /* host page of the first; no page of the user's */
	bool device_read_only;
	bool device_has_structs; /* after all: then it cannot be mapped */
	enum linux_tables device_tables;
	__u64 zero_pfn; /* the kernel's page of zeros; 0: there is none */

	/* Groups and their IOMMUs. */
	enum linux_reserved reserved;
	enum linux_interrupts interrupts;
	bool nests;               /* domains can be nested */
	bool msi_fails;           /* no memory for the cookie */
	bool no_domain;           /* no memory for a domain */
	unsigned int fail_attach; /* n: the n-th attachment to a domain from now on fails */
	unsigned int fail_unmap;  /* n: the next n times, an IOMMU unmaps nothing */

	bool no_callback;   /* devices have none */
	bool no_huge_pages; /* the module's parameter disable_hugepages */
};

struct linux_stats {
	__u64 pgsizes;
	__u64 pinned_pages; /* distinct; counted */
	__u64 nr_mappings;  /* counted */
	__u64 dma_available;
	__u64 uncharged_bytes; /* allocated, and on no memory cgroup's account */
	bool tracking;
};

struct linux_visitor {
	void *context;
	void (*mapping)(void *context, __u64 first, __u64 last, __u64 vaddr, int prot);
	void (*pin)(void *context, __u64 iova, __u64 count);
	void (*marks)(void *context, __u64 first, __u64 last); /* bytes, whole pages */
};

/* What was not given back, counted after release(); of locked pages, by memories that are there. */
struct linux_leaks {
	__u64 allocations, references, locked_pages;
};

struct linux_container;

/* One version of the driver. */
struct linux_type1 {
	const char *version;
	/*
	 * @world outlives it. @range_rule and @store are the tracker's: 0 exact, 1
	 * whole, which is all that type1 has, 2 any; 0 bitmap, as type1, 1 sparse,
	 * 2 ranges, 3 pinned. If @careful, calls that are known to read or write memory that is not
	 * theirs, or that pin more than @most_pages, which may take minutes, stop instead.
	 */
	struct linux_container *(*create)(const struct linux_world *world,
					  unsigned int dma_entry_limit,
					  unsigned int range_rule, unsigned int store, bool careful,
					  __u64 most_pages);
	/* The driver's open(), of a VFIO_*_IOMMU; 0 or -errno. */
	int (*open)(struct linux_container *container, unsigned long type);
	/* The driver's release(), unless the kernel stopped, and what it left. */
	struct linux_leaks (*release)(struct linux_container *container);
	/* Frees all memory, also what the driver would have leaked. */
	void (*destroy)(struct linux_container *container);

	long (*ioctl)(struct linux_container *container, unsigned int command,
		      unsigned long argument);
	/* @kind is null for an emulated group, else outlives the attachment. */
	int (*attach)(struct linux_container *container, unsigned int group,
		      const struct linux_hardware *kind);
	void (*detach)(struct linux_container *container, unsigned int group);
	void (*enroll)(struct linux_container *container, unsigned int device);
	void (*withdraw)(struct linux_container *container, unsigned int device);
	int (*pin)(struct linux_container *container, unsigned int group, __u64 iova, int nr_pages,
		   int prot, __u64 *pfns);
	void (*unpin)(struct linux_container *container, __u64 iova, int nr_pages);
	int (*rw)(struct linux_container *container, __u64 iova, void *data, size_t bytes,
		  bool write);

	/* All but what has to be counted: O(1). */
	void (*stats)(struct linux_container *container, struct linux_stats *stats);
	/* The rest of it: O(mappings + pins). */
	void (*count)(struct linux_container *container, struct linux_stats *stats);
	/* Charged to a process's memory. */
	__u64 (*locked_pages)(struct linux_container *container, __u64 memory);
	/* Looked at until the container is destroyed. */
	struct linux_circumstances *(*circumstances)(struct linux_container *container);
	/* What the core asks before a container is opened: CHECK_EXTENSION. */
	long (*offers)(struct linux_container *container, unsigned long extension);
	/* Does the group have a domain? 0 or -errno; -EINVAL for group LINUX_GROUPS. */
	int (*has_domain)(struct linux_container *container, unsigned int group);
	void (*visit)(struct linux_container *container, const struct linux_visitor *visitor);
	/* What the IOMMU of a hardware group maps, ascending. */
	void (*visit_iommu)(const struct linux_container *container, unsigned int group,
			    void *context,
			    void (*range)(void *context, __u64 iova, __u64 pfn, __u64 nr_pages,
					  int prot));
};

extern const struct linux_type1 linux_6_1, linux_6_12;
/* The tracker in the place of the driver, in 6.12. */
extern const struct linux_type1 tracker_kernel;

#ifdef __cplusplus
}
#endif

#endif
