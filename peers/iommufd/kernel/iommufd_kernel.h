/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The border between the harness and iommufd of one kernel tree, which is a library that exports
 * one `struct iommufd_kernel iommufd_kernel`. One thread at a time, and one table.
 *
 * Ranges are in bytes, [first, last], so that the top of the address space is a range as any other.
 * Calls return 0 or a negative errno, as the kernel's do, but for what is said.
 */
#ifndef IOMMUFD_KERNEL_H
#define IOMMUFD_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IOMMUFD_KERNEL_ABI 1

/* Pages of 4 KiB of the user's memory, in which bitmaps lie. */
#define IOMMUFD_USER_PAGES 1024

struct iommufd_map {
	uint64_t first, bytes;
	/*
	 * Host memory is in runs of this many bytes, a power of two, each aligned to its size and
	 * none beside the next; 0: all of it in one run, as well aligned as the iova. Where in its
	 * first run the mapping begins: a multiple of 4 KiB, below the size of a run.
	 */
	uint64_t run_bytes, run_offset;
	bool writable;
};

struct iommufd_query {
	uint64_t first, bytes, page_bytes;
	uint64_t data; /* where the bitmap begins, as a byte of the user's memory */
	bool no_clear;
	int missing; /* this page of the user's memory cannot be pinned; none if negative */
};

/* A piece of the table that has one dirty mark, whatever number of items it is made of. */
struct iommufd_entry {
	uint64_t first, bytes;
	uint64_t item_bytes; /* of one item */
	bool writable, dirty;
};

/* What ended a call that did not return, or null; and where. */
struct iommufd_end {
	const char *what; /* "bug", "hang" */
	const char *where;
};

struct iommufd_table; /* an IO address space, one domain of one format on it, one device */

struct iommufd_format {
	const char *name; /* "amd-v1" */
	/* Sizes that an entry can have, one bit a size; the last byte of the address space. */
	uint64_t page_sizes, last;
};

struct iommufd_kernel {
	unsigned int abi; /* IOMMUFD_KERNEL_ABI */
	size_t nr_formats;
	const struct iommufd_format *formats;

	/* Null if there is no memory. Ends and warnings are forgotten. */
	struct iommufd_table *(*open)(size_t format);
	/* Returns how many pages and objects are left, which were leaked. */
	size_t (*close)(struct iommufd_table *table);
	/* The same in no time: all memory is taken back, whoever has it. */
	void (*abandon)(struct iommufd_table *table);
	/* After a call that did not return the table is only to be abandoned. */
	struct iommufd_end (*ended)(void);
	/* The function that the last warning came from, or null; and forgets it. */
	const char *(*warned)(void);

	int (*map)(struct iommufd_table *table, const struct iommufd_map *map);
	int (*unmap)(struct iommufd_table *table, uint64_t first, uint64_t bytes);
	int (*track)(struct iommufd_table *table, bool on);
	int (*query)(struct iommufd_table *table, const struct iommufd_query *query);

	/* The device writes a byte: did the IOMMU let it? Sets marks as the hardware does. */
	bool (*write)(struct iommufd_table *table, uint64_t iova);
	/*
	 * The entries that the hardware finds: the one at `iova`, then those that follow without a
	 * gap, until there are `most` or one has the byte `last`. Returns how many.
	 */
	size_t (*look)(struct iommufd_table *table, uint64_t iova, uint64_t last,
		       struct iommufd_entry *entries, size_t most);

	/* The user's memory, all zeros after open() and forget(). */
	unsigned char *(*user)(void);
	/* Which of its pages were pinned since open() or forget(), in no order. */
	const unsigned short *(*touched)(size_t *nr_pages);
	void (*forget)(void);
};

#endif
