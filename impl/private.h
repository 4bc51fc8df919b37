/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a container is made of, and what its files offer each other: file by file,
 * and each calls only those above it, and those with a header of their own (Kbuild
 * has the same order). All functions are called with the container's lock held
 * unless they say otherwise, and those that are given the container check that.
 */
#ifndef TIDEMARK_PRIVATE_H
#define TIDEMARK_PRIVATE_H

#include "iova_ranges.h"
#include "mapping.h"
#include "tidemark.h"

/**
 * struct group - a group that is attached
 * @node: in tidemark_container.groups
 * @id: what the caller calls it
 * @info: as attached, but that info.reserved is @reserved
 * @pins_only: it writes only what it pins (R5)
 * @reserved: info.nr_reserved of them
 *
 * The container's lock guards @node and @pins_only; the rest is constant.
 */
struct group {
	struct list_head node;
	const void *id;
	struct tidemark_group_info info;
	bool pins_only;
	struct tidemark_iova_range reserved[];
};

/**
 * struct tidemark_container - one user's mappings, groups and devices
 * @lock: guards all that is not constant, also in mappings, pins, marks and groups
 * @v2: type1 v2; constant
 * @range_rule: constant
 * @dma_entry_limit: constant
 * @tracking: every mapping has a dirty store
 * @mappings: all of them
 * @pinned_pages: sum of mapping.nr_pins
 * @locked_pages: accounted against the owners' limits
 * @groups: in the order they joined
 * @nr_groups: in @groups
 * @nr_hardware: those with an IOMMU; all mappings are hw_mapped while not 0
 * @nr_unpinned_hardware: those of them without pins_only
 * @pgsizes: never 0; its lowest bit is P
 * @iova_ranges: where mappings may be
 * @devices: those registered, newest first
 * @next_serial: of the newest device there ever was
 * @marks: what the mappings' dirty stores have in common; last, as it ends with a buffer
 */
struct tidemark_container {
	struct mutex lock;	/* guards what is not constant */
	bool v2;
	enum tidemark_range_rule range_rule;
	u32 dma_entry_limit;

	bool tracking;
	struct mapping_tree mappings;
	u64 pinned_pages;
	u64 locked_pages;

	struct list_head groups;
	u32 nr_groups;
	u32 nr_hardware;
	u32 nr_unpinned_hardware;
	u64 pgsizes;
	struct iova_ranges iova_ranges;

	struct tidemark_device *devices;
	u64 next_serial;

	struct dirty_shared marks;
};

static inline unsigned int container_page_shift(const struct tidemark_container *container)
{
	return __ffs(container->pgsizes);
}

/* P, in bytes. */
static inline u64 container_page_bytes(const struct tidemark_container *container)
{
	return (u64)1 << container_page_shift(container);
}

static inline bool group_is_hardware(const struct group *group)
{
	return group->info.flags & TIDEMARK_GROUP_HARDWARE;
}

/* pages.c */

/**
 * struct pin_request - which pages one call pins
 * @iova: of a byte in the first page
 * @nr_pages: at least 1
 * @prot: rights that the mapping must have
 * @pfns: room for @nr_pages host page numbers; undefined on failure
 */
struct pin_request {
	u64 iova;
	int nr_pages;
	int prot;
	u64 *pfns;
};

/**
 * tidemark_pages_charge - account for pages (R16)
 * @container: counts them, too
 * @mapping: whose owner pays
 * @nr_pages: how many
 *
 * Return: 0, -ENOMEM over the owner's limit, -ESRCH if it is gone.
 */
int tidemark_pages_charge(struct tidemark_container *container, struct mapping *mapping,
			  u64 nr_pages);

/**
 * tidemark_pages_uncharge - and no longer
 * @container: as charged
 * @mapping: as charged
 * @nr_pages: how many of those
 */
void tidemark_pages_uncharge(struct tidemark_container *container, struct mapping *mapping,
			     u64 nr_pages);

/**
 * tidemark_pins_add - pin all of the pages, or none (D5)
 * @container: whose mappings
 * @request: which pages
 *
 * Marks of a failed pin stay (R9). Cost: as tidemark_pages_pin().
 *
 * Return: the number of pages, or the -errno of the first that cannot be pinned.
 */
int tidemark_pins_add(struct tidemark_container *container, const struct pin_request *request);

/**
 * tidemark_pins_remove - take one pin from each page that has one (D16)
 * @container: whose mappings
 * @iova: of a byte in the first page
 * @nr_pages: at least 1
 *
 * Return: the number of pages before the first that is not mapped.
 */
int tidemark_pins_remove(struct tidemark_container *container, u64 iova, int nr_pages);

/**
 * tidemark_pins_count - count distinct pinned pages
 * @mapping: where
 * @first: number of the first page in the mapping
 * @last: number of the last
 *
 * Cost: O(log pins of the mapping + pins in the range).
 *
 * Return: how many.
 */
u64 tidemark_pins_count(const struct mapping *mapping, u64 first, u64 last);

/**
 * tidemark_pins_mark - mark them (R3)
 * @mapping: where; it has a dirty store
 * @first: number of the first page in the mapping
 * @last: number of the last
 *
 * Cost: as tidemark_pins_count().
 */
void tidemark_pins_mark(struct mapping *mapping, u64 first, u64 last);

/**
 * tidemark_pins_drop - give back all pins of a mapping that goes away
 * @container: whose
 * @mapping: which
 */
void tidemark_pins_drop(struct tidemark_container *container, struct mapping *mapping);

/**
 * tidemark_pins_visit - show the pins of a mapping, ascending
 * @mapping: which
 * @visitor: to whom
 */
void tidemark_pins_visit(const struct mapping *mapping, const struct tidemark_visitor *visitor);

/* domain.c */

/**
 * tidemark_domain_map - map a mapping into every hardware group's domain (R16, D8)
 * @container: whose; there is a hardware group
 * @mapping: which
 *
 * Its memory is pinned and accounted for. Cost: O(pages of the mapping).
 *
 * Return: 0, or with nothing done what tidemark_pages_charge() and the domain's map
 * return, -EFAULT where there is no memory, -ENODEV if its owner is gone, or what
 * else pinning pages gives in the kernel (-EINTR, ...).
 */
int tidemark_domain_map(struct tidemark_container *container, struct mapping *mapping);

/**
 * tidemark_domain_unmap - the reverse
 * @container: whose; there is a hardware group
 * @mapping: which
 *
 * Pins that devices hold become what is accounted. Cost: O(pages of the mapping).
 */
void tidemark_domain_unmap(struct tidemark_container *container, struct mapping *mapping);

/**
 * tidemark_domain_share - map a mapping into the domain of one more group
 * @container: whose; another hardware group was there before
 * @mapping: which; its memory is pinned already
 * @group: which
 *
 * Cost: O(runs of the mapping).
 *
 * Return: 0, or with nothing done what the domain's map returns.
 */
int tidemark_domain_share(struct tidemark_container *container, struct mapping *mapping,
			  const struct group *group);

/**
 * tidemark_domain_unshare - the reverse
 * @mapping: which; another hardware group still has it
 * @group: which
 */
void tidemark_domain_unshare(struct mapping *mapping, const struct group *group);

/* tracking.c */

/**
 * tidemark_tracking_start - give every mapping its store (R1, D4)
 * @container: whose; nothing happens if it is tracking
 *
 * Cost: O(mappings + pins), and for bitmaps O(mapped pages / 64).
 *
 * Return: 0, -EINVAL or -ENOMEM; on failure tracking is off.
 */
int tidemark_tracking_start(struct tidemark_container *container);

/**
 * tidemark_tracking_stop - take the stores away, and with them all marks (R2)
 * @container: whose; tracking or not
 */
void tidemark_tracking_stop(struct tidemark_container *container);

/**
 * tidemark_tracking_add - give one mapping its store, all clean but for pins (R7, D4)
 * @container: whose
 * @mapping: which; it has none
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int tidemark_tracking_add(struct tidemark_container *container, struct mapping *mapping);

/**
 * tidemark_tracking_mark_everything - mark every page of every mapping (R6, B12)
 * @container: whose; nothing happens unless it is tracking
 *
 * Cost: O(mappings).
 */
void tidemark_tracking_mark_everything(struct tidemark_container *container);

/* report.c */

/**
 * struct report - the range of a query, and where the answer goes
 * @first: device address of bit 0
 * @last: the last byte of the range
 * @bitmap: user address of word 0
 */
struct report {
	u64 first;
	u64 last;
	u64 bitmap;
};

/**
 * tidemark_report_copy - copy out each word that has a dirty bit (R11)
 * @container: whose marks; none changes
 * @report: which range, and where to
 *
 * Cost: O(log mappings + mappings in the range + dirty words).
 *
 * Return: 0 or -EFAULT; the bitmap is unspecified then.
 */
int tidemark_report_copy(struct tidemark_container *container, const struct report *report);

/**
 * tidemark_report_clear - after that: make the pages clean but for pins (R8)
 * @container: whose marks
 * @report: which range
 *
 * Cost: O(log mappings + mappings in the range + dirty words + pins in the range).
 */
void tidemark_report_clear(struct tidemark_container *container, const struct report *report);

/* device.c */

/**
 * tidemark_devices_notify - tell every device that a range goes away, newest first (D6)
 * @container: whose devices
 * @first: the first byte
 * @last: the last byte
 *
 * The lock is not held while they run: on return anything may have changed.
 */
void tidemark_devices_notify(struct tidemark_container *container, u64 first, u64 last);

/* map.c */

/**
 * struct map_request - what MAP_DMA asks for
 * @iova: the first byte
 * @size: bytes
 * @vaddr: user address of the first byte
 * @prot: not 0
 */
struct map_request {
	u64 iova;
	u64 size;
	u64 vaddr;
	int prot;
};

/**
 * tidemark_mapping_map - make a mapping (R15, D10)
 * @container: where; takes its lock itself
 * @request: which
 *
 * Return: 0, -EINVAL, -EEXIST, -ENOSPC, -ENOMEM, or what tidemark_domain_map()
 * returns.
 */
int tidemark_mapping_map(struct tidemark_container *container, const struct map_request *request);

/**
 * tidemark_mapping_remove - take a mapping away, with all that it holds
 * @container: whose
 * @mapping: freed; pins left in it are dropped, with a warning
 */
void tidemark_mapping_remove(struct tidemark_container *container, struct mapping *mapping);

/**
 * tidemark_mapping_remove_all - take all of them away
 * @container: whose
 */
void tidemark_mapping_remove_all(struct tidemark_container *container);

/* unmap.c */

/**
 * struct unmap_request - what UNMAP_DMA asks for
 * @iova: the first byte
 * @size: bytes
 * @all: instead of @iova and @size, which are 0
 * @with_bitmap: report the marks, too
 * @pgsize: of the bitmap, bytes
 * @bitmap: user address of its word 0
 * @header: the user's: its size becomes the bytes unmapped, and it goes back ...
 * @argument: ... to this user address
 */
struct unmap_request {
	u64 iova;
	u64 size;
	bool all;
	bool with_bitmap;
	u64 pgsize;
	u64 bitmap;
	struct vfio_iommu_type1_dma_unmap *header;
	u64 argument;
};

/**
 * tidemark_mapping_unmap - unmap a range (R13, R14, D6, D7)
 * @container: whose; takes its lock itself, and drops it while it calls devices back
 * @request: which
 *
 * Return: 0, -EINVAL, -EBUSY or -EFAULT.
 */
int tidemark_mapping_unmap(struct tidemark_container *container,
			   const struct unmap_request *request);

/* group.c */

/**
 * tidemark_group_find - find a group that is attached
 * @container: where
 * @id: what its caller calls it
 *
 * Cost: O(groups).
 *
 * Return: the group, or NULL.
 */
struct group *tidemark_group_find(struct tidemark_container *container, const void *id);

/**
 * tidemark_group_promote - from now on a group writes only what it pins (R5, B12)
 * @container: whose
 * @group: it has pinned pages; nothing happens if it had before
 */
void tidemark_group_promote(struct tidemark_container *container, struct group *group);

/* info.c */

/**
 * tidemark_info_extension - VFIO_CHECK_EXTENSION (D13)
 * @container: whose; takes its lock itself, where the answer depends on it; NULL: what
 *	       containers have before they have groups
 * @extension: by its number
 *
 * Return: 0 or 1.
 */
long tidemark_info_extension(struct tidemark_container *container, unsigned long extension);

/**
 * tidemark_info_get - VFIO_IOMMU_GET_INFO (D14)
 * @container: whose; takes its lock itself
 * @argument: user address of its struct
 *
 * Return: 0, -EFAULT, -EINVAL or -ENOMEM.
 */
long tidemark_info_get(struct tidemark_container *container, u64 argument);

#endif
