/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which ranges are mapped, each with its pins and marks. The container's lock
 * guards all of it; the functions are not given the container, and cannot check that.
 */
#ifndef TIDEMARK_MAPPING_H
#define TIDEMARK_MAPPING_H

#include "dirty.h"

/**
 * struct mapping - device addresses that stand for a process's memory
 * @node: in mapping_tree.root, by @first
 * @first: the first byte, page-aligned
 * @last: the last byte
 * @vaddr: user address of @first
 * @prot: TIDEMARK_READ, TIDEMARK_WRITE; not 0
 * @owner: whose @vaddr it is, and who pays
 * @pins: struct pin, by page
 * @nr_pins: in @pins: distinct pages
 * @dirty: made exactly while tracking
 */
struct mapping {
	struct rb_node node;
	u64 first;
	u64 last;
	u64 vaddr;
	int prot;
	struct tidemark_process owner;
	struct rb_root pins;
	u64 nr_pins;
	struct dirty_store dirty;
};

/**
 * struct mapping_tree - disjoint mappings, ordered
 * @root: of mapping.node
 * @nr_mappings: in it
 */
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

/**
 * tidemark_mappings_first_from - find the lowest mapping from an address on
 * @tree: where
 * @iova: the address
 *
 * Cost: O(log mappings).
 *
 * Return: the lowest one that ends at @iova or above, or NULL.
 */
struct mapping *tidemark_mappings_first_from(const struct mapping_tree *tree, u64 iova);

/**
 * tidemark_mappings_find - find the lowest mapping of a range
 * @tree: where
 * @first: the first byte
 * @last: the last byte
 *
 * Cost: O(log mappings).
 *
 * Return: the lowest one with a byte in [first, last], or NULL.
 */
struct mapping *tidemark_mappings_find(const struct mapping_tree *tree, u64 first, u64 last);

/**
 * tidemark_mappings_next - find the next mapping of a range
 * @mapping: the one before it
 * @last: the last byte of the range
 *
 * Cost: O(1) on average.
 *
 * Return: the one after @mapping with a byte at @last or below, or NULL.
 */
struct mapping *tidemark_mappings_next(const struct mapping *mapping, u64 last);

/**
 * tidemark_mappings_cut - does an end of a range fall inside a mapping (R10, R14)?
 * @tree: where
 * @first: the first byte
 * @last: the last byte
 *
 * Cost: O(log mappings).
 *
 * Return: that.
 */
bool tidemark_mappings_cut(const struct mapping_tree *tree, u64 first, u64 last);

/**
 * tidemark_mappings_insert - add a mapping
 * @tree: where
 * @mapping: overlaps none that is in @tree
 *
 * Cost: O(log mappings).
 */
void tidemark_mappings_insert(struct mapping_tree *tree, struct mapping *mapping);

/**
 * tidemark_mappings_erase - take a mapping out
 * @tree: where it is
 * @mapping: stays as it is otherwise
 *
 * Cost: O(log mappings).
 */
void tidemark_mappings_erase(struct mapping_tree *tree, struct mapping *mapping);

#define mappings_for_each(mapping, tree, first, last)				\
	for ((mapping) = tidemark_mappings_find((tree), (first), (last));	\
	     (mapping); (mapping) = tidemark_mappings_next((mapping), (last)))

#define mappings_for_all(mapping, tree)	\
	mappings_for_each((mapping), (tree), 0, ~(u64)0)

#endif
