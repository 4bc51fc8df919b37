/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a container is made of, and what its files offer each other: file by file,
 * and each calls only those above it (Kbuild has the same order). All functions
 * are called with the lock held unless they say otherwise.
 */
#ifndef TIDEMARK_PRIVATE_H
#define TIDEMARK_PRIVATE_H

#include "mapping.h"
#include "tidemark.h"

/* A group that is attached. */
struct group {
	struct list_head node;		/* in tidemark_container.groups */
	const void *id;
	struct tidemark_group_info info;	/* info.reserved is the array below */
	bool pins_only;			/* it writes only what it pins (R5) */
	struct tidemark_iova_range reserved[];
};

/*
 * Addresses that all hardware groups can reach, in ascending order. While
 * nr_ranges is 0, all can be (no hardware group has joined yet).
 */
struct iova_ranges {
	struct tidemark_iova_range *ranges;
	u32 nr_ranges;
};

struct tidemark_container {
	struct mutex lock;		/* guards everything below */
	bool v2;			/* type1 v2; constant */
	enum tidemark_range_rule range_rule;	/* constant */
	u32 dma_entry_limit;		/* constant */

	bool tracking;
	struct mapping_tree mappings;
	u64 pinned_pages;		/* sum of nr_pins */
	u64 locked_pages;		/* accounted against the owners' limits */

	struct list_head groups;	/* in the order they joined */
	u32 nr_groups;
	u32 nr_hardware;		/* all mappings are hw_mapped while not 0 */
	u32 nr_unpinned_hardware;	/* those of them without pins_only */
	u64 pgsizes;			/* never 0; lowest bit is P */
	struct iova_ranges iova_ranges;

	struct tidemark_device *devices;	/* newest first */
	u64 next_serial;
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

/* iova_ranges.c */

/*
 * What is left of all addresses when the hardware groups' apertures are met and
 * their reserved ranges left out. -EINVAL if nothing is, -ENOMEM.
 */
int tidemark_iova_ranges_make(struct iova_ranges *allowed, const struct list_head *groups);
/* The same once some of those groups have left: more is allowed, in place. */
void tidemark_iova_ranges_refresh(struct iova_ranges *allowed, const struct list_head *groups);
void tidemark_iova_ranges_drop(struct iova_ranges *allowed);
/* Is [first, last] inside one of them? */
bool tidemark_iova_ranges_allow(const struct iova_ranges *allowed, u64 first, u64 last);

/* pages.c */

/* Which pages one call pins. */
struct pin_request {
	u64 iova;		/* of a byte in the first page */
	int nr_pages;
	int prot;		/* rights that the mapping must have */
	u64 *pfns;		/* room for nr_pages */
};

/* Account for pages. 0, -ENOMEM over the owner's limit, -ESRCH if it is gone. */
int tidemark_pages_charge(struct tidemark_container *container, struct mapping *mapping,
			  u64 nr_pages);
void tidemark_pages_uncharge(struct tidemark_container *container, struct mapping *mapping,
			     u64 nr_pages);
/*
 * Pin all of the pages, or none; marks stay (R9). nr_pages, or what D5 says of the
 * first that cannot be.
 */
int tidemark_pins_add(struct tidemark_container *container, const struct pin_request *request);
/*
 * Take one pin from each page that has one, up to the first that is not mapped
 * (D16). The number of pages before that.
 */
int tidemark_pins_remove(struct tidemark_container *container, u64 iova, int nr_pages);
/* Distinct pinned pages among those numbered [first, last] in the mapping. */
u64 tidemark_pins_count(const struct mapping *mapping, u64 first, u64 last);
/* Mark those (R3). */
void tidemark_pins_mark(struct mapping *mapping, u64 first, u64 last);
/* Give back all pins of a mapping that goes away. */
void tidemark_pins_drop(struct tidemark_container *container, struct mapping *mapping);
void tidemark_pins_visit(const struct mapping *mapping, const struct tidemark_visitor *visitor);

/* domain.c */

/*
 * Pin the mapping's memory, account for it, and map it into every hardware
 * group's domain (R16, D8). 0, or with nothing done what tidemark_pages_charge()
 * and the domain's map return, -EFAULT where there is no memory, -ENODEV if its
 * owner is gone, or what else pinning pages gives in the kernel (-EINTR, ...).
 */
int tidemark_domain_map(struct tidemark_container *container, struct mapping *mapping);
/* The reverse. Pins that devices hold become what is accounted. */
void tidemark_domain_unmap(struct tidemark_container *container, struct mapping *mapping);
/*
 * For one more group: the memory is pinned already. 0, or with nothing done what
 * the domain's map returns.
 */
int tidemark_domain_share(struct tidemark_container *container, struct mapping *mapping,
			  const struct group *group);
void tidemark_domain_unshare(struct mapping *mapping, const struct group *group);

/* tracking.c */

/* R1, D4: 0, -EINVAL or -ENOMEM; on failure tracking is off. */
int tidemark_tracking_start(struct tidemark_container *container);
void tidemark_tracking_stop(struct tidemark_container *container);
/* Give one mapping its store, all clean but for pins. 0, -EINVAL or -ENOMEM. */
int tidemark_tracking_add(struct tidemark_container *container, struct mapping *mapping);
/* Every page of every mapping, once; nothing while tracking is off. */
void tidemark_tracking_mark_everything(struct tidemark_container *container);

/* report.c */

/* The range of a query, and where the answer goes. */
struct report {
	u64 first;		/* iova of bit 0 */
	u64 last;
	u64 bitmap;		/* user address of word 0 */
};

/*
 * Copy the dirty bits of [first, last] out: each word that has one (R11).
 * Changes no mark. 0 or -EFAULT.
 */
int tidemark_report_copy(struct tidemark_container *container, const struct report *report);
/* After that: make the range's pages clean but for pins (R8). */
void tidemark_report_clear(struct tidemark_container *container, const struct report *report);

/* device.c */

/*
 * Tell every device that [first, last] goes away, newest first. The lock is not
 * held while they run: on return anything may have changed.
 */
void tidemark_devices_notify(struct tidemark_container *container, u64 first, u64 last);

/* map.c */

struct map_request {
	u64 iova;
	u64 size;	/* bytes */
	u64 vaddr;
	int prot;	/* not 0 */
};

/*
 * R15, D10. Takes the lock itself. 0, -EINVAL, -EEXIST, -ENOSPC, -ENOMEM, or what
 * tidemark_domain_map() returns.
 */
int tidemark_mapping_map(struct tidemark_container *container, const struct map_request *request);
/* Take a mapping away, with all that it holds. */
void tidemark_mapping_remove(struct tidemark_container *container, struct mapping *mapping);
void tidemark_mapping_remove_all(struct tidemark_container *container);

/* unmap.c */

struct unmap_request {
	u64 iova;
	u64 size;			/* bytes */
	bool all;			/* instead of iova and size, which are 0 */
	bool with_bitmap;
	u64 pgsize;			/* of the bitmap, bytes */
	u64 bitmap;			/* user address of its word 0 */
	/* The user's header: size becomes the bytes unmapped, and it goes back ... */
	struct vfio_iommu_type1_dma_unmap *header;
	u64 argument;			/* ... to this user address */
};

/*
 * R13, R14, D6, D7. Takes the lock itself, and drops it while it calls devices
 * back. 0, -EINVAL, -EBUSY or -EFAULT.
 */
int tidemark_mapping_unmap(struct tidemark_container *container,
			   const struct unmap_request *request);

/* group.c */

/* NULL if it is not attached. O(groups). */
struct group *tidemark_group_find(struct tidemark_container *container, const void *id);
/* It has pinned pages: from now on it writes only those (R5, B12). */
void tidemark_group_promote(struct tidemark_container *container, struct group *group);

/* info.c */

/*
 * VFIO_CHECK_EXTENSION and VFIO_IOMMU_GET_INFO; both take the lock themselves. The
 * first 0 or 1, the second 0, -EFAULT, -EINVAL or -ENOMEM (D13, D14).
 */
long tidemark_info_extension(struct tidemark_container *container, unsigned long extension);
long tidemark_info_get(struct tidemark_container *container, u64 argument);

#endif
