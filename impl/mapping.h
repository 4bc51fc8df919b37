/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which ranges are mapped, each with its pins and marks. The container's lock
 * guards all of it.
 */
#ifndef TIDEMARK_MAPPINGS_H
#define TIDEMARK_MAPPINGS_H

#include "dirty.h"

struct mapping {
	struct rb_node node;		/* in mapping_tree.root, by first */
	u64 first;			/* first and last byte, iova; page-aligned */
	u64 last;
	u64 vaddr;			/* user address of first */
	int prot;			/* TIDEMARK_READ, TIDEMARK_WRITE; not 0 */
	struct tidemark_process owner;	/* whose vaddr it is, and who pays */
	struct rb_root pins;		/* struct pin, by page */
	u64 nr_pins;			/* in pins: distinct pages */
	struct dirty_store dirty;	/* made exactly while tracking */
};

/* Disjoint mappings, ordered. */
struct mapping_tree {
	struct rb_root root;
	u32 nr_mappings;
};

static inline u64 mapping_bytes(const struct mapping *mapping)
{
	return mapping->last - mapping->first + 1;
}

static inline u64 mapping_pages(const struct mapping *mapping)
{
	return ((mapping->last - mapping->first) >> TIDEMARK_PAGE_SHIFT) + 1;
}

/* Number, within the mapping, of the page that holds @iova. */
static inline u64 mapping_page(const struct mapping *mapping, u64 iova)
{
	return (iova - mapping->first) >> TIDEMARK_PAGE_SHIFT;
}

/* The lowest mapping that ends at @iova or above, or NULL. O(log mappings). */
struct mapping *tidemark_mappings_first_from(const struct mapping_tree *tree, u64 iova);

/* The lowest mapping with a byte in [first, last], or NULL. O(log mappings). */
struct mapping *tidemark_mappings_find(const struct mapping_tree *tree, u64 first, u64 last);

/* The one after @mapping with a byte at @last or below, or NULL. */
struct mapping *tidemark_mappings_next(const struct mapping *mapping, u64 last);

/* Does an end of [first, last] fall inside a mapping (R10, R14)? */
bool tidemark_mappings_cut(const struct mapping_tree *tree, u64 first, u64 last);

/* @mapping overlaps none that is in @tree. O(log mappings). */
void tidemark_mappings_insert(struct mapping_tree *tree, struct mapping *mapping);
void tidemark_mappings_erase(struct mapping_tree *tree, struct mapping *mapping);

#define mappings_for_each(mapping, tree, first, last)			\
	for ((mapping) = tidemark_mappings_find((tree), (first), (last));	\
	     (mapping); (mapping) = tidemark_mappings_next((mapping), (last)))

#define mappings_for_all(mapping, tree)	\
	mappings_for_each((mapping), (tree), 0, ~(u64)0)

#endif
