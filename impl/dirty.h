/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a dirty store promises: the marks of one mapping's pages, numbered from
 * 0. There are four kinds, each in a file: dirty_bitmap.c, the bitmap of v16 and Linux;
 * dirty_sparse.c, a tree; dirty_ranges.c, a part of a tree that all of a container
 * share; and dirty_pinned.c, the same beside the mapping's pins. Only these and dirty.c
 * look into a store.
 *
 * The container's lock guards a store. Page numbers given are below the number
 * of pages that the store was made for, and first <= last, but where it says so.
 */
#ifndef TIDEMARK_DIRTY_H
#define TIDEMARK_DIRTY_H

#include "dirty_word.h"
#include "tidemark.h"

/**
 * struct dirty_entry - a block of pages in the tree of a sparse store
 * @ref: the node with the block's parts, or what there is instead (dirty_sparse.c)
 * @bits: which parts have a mark; 0: none of the block's pages is marked
 */
struct dirty_entry {
	unsigned long ref;
	u64 bits;
};

struct dirty_range;
struct pin;

/**
 * struct dirty_shared - what the stores of a container have in common
 * @kind: of which kind they are; constant
 * @ranges: struct dirty_range, by address: the marks of all stores of kinds ranges and pinned
 * @words: where these make the words that they show
 *
 * The container's lock guards it.
 */
struct dirty_shared {
	enum tidemark_store kind;
	struct rb_root ranges;
	u64 words[TIDEMARK_WORDS_SHOWN];
};

/**
 * struct dirty_store - the marks of one mapping
 * @kind: which of the four it is
 * @all: every page is marked, whatever the rest says
 * @nr_pages: how many there can be; 0 while the store is not made
 * @level: level[0] has a bit for each page; level[n + 1] has a bit for each word of
 *	   level[n], set exactly if that word is not zero. All levels are one
 *	   allocation.
 * @nr_levels: in @level; the topmost is one word
 * @root: of the tree
 * @root_shift: log2 of the pages that @root stands for: those that there are, and more
 * @leaf: the entry of the 4096 pages that were marked last ...
 * @leaf_first: ... and the first of these, or ~0; all blocks around them have marks
 * @shared: the tree that has the marks
 * @first_page: the number there of the store's page 0: its address divided by 4 KiB
 * @spare: a range that is not in the tree, for when the store is dropped
 * @pins: of the mapping; those of its pages have no mark in the tree
 *
 * Of @kind bitmap are @level and @nr_levels, of sparse @root to @leaf_first, of ranges
 * @shared to @spare, of pinned @shared to @pins.
 */
struct dirty_store {
	enum tidemark_store kind;
	bool all;
	u64 nr_pages;
	union {
		struct {
			u64 *level[TIDEMARK_MARK_LEVELS_MAX];
			unsigned int nr_levels;
		};
		struct {
			struct dirty_entry root;
			unsigned int root_shift;
			struct dirty_entry *leaf;
			u64 leaf_first;
		};
		struct {
			struct dirty_shared *shared;
			u64 first_page;
			struct dirty_range *spare;
			const struct rb_root *pins;
		};
	};
};

/**
 * tidemark_dirty_store_make - make a store with no page marked
 * @store: not made, all 0; untouched on failure
 * @shared: its container's, all 0 but for its kind when the first is made; outlives it
 * @first_page: the container's number of its page 0: address divided by 4 KiB
 * @nr_pages: 1 to TIDEMARK_MARKED_PAGES_MAX; no other store of @shared has one of these pages
 * @pins: of the mapping, which may be pinned already; they outlive it
 *
 * Memory is charged to the memory cgroup. A bitmap takes nr_pages / 8 bytes and a
 * 63rd of that (B10), now. A sparse store takes none now; it takes it for marks, in
 * all at most nr_pages / 8 bytes and a 30th of that. Of ranges, and pinned, it takes 40
 * bytes now, and so many more for each range of marked pages.
 *
 * Return: 0 or -ENOMEM.
 */
int tidemark_dirty_store_make(struct dirty_store *store, struct dirty_shared *shared,
			      u64 first_page, u64 nr_pages, const struct rb_root *pins);

/**
 * tidemark_dirty_store_drop - forget all marks and free the memory
 * @store: nothing happens to one not made; then it is not made, all 0
 *
 * Cost: O(memory that it has); ranges and pinned O(log ranges of the container) more.
 */
void tidemark_dirty_store_drop(struct dirty_store *store);

/**
 * tidemark_dirty_store_mark - mark pages
 * @store: made
 * @first: number of the first page
 * @last: number of the last
 *
 * Where a store, which is no bitmap, has no memory for that, it marks more pages (D23).
 *
 * Cost: bitmap O(pages / 64), at least 1; sparse O(log nr_pages); ranges and pinned O(log ranges
 * of the container), and 1 for each range that it joins.
 */
void tidemark_dirty_store_mark(struct dirty_store *store, u64 first, u64 last);

/**
 * tidemark_dirty_store_shows_pins - are pinned pages marked as long as they are?
 * @store: made
 *
 * If so, tidemark_dirty_store_mark() need not be called for them, and what it has of them
 * may be unmarked: they are shown all the same.
 *
 * Return: that.
 */
bool tidemark_dirty_store_shows_pins(const struct dirty_store *store);

/**
 * tidemark_dirty_store_unpin - a page is no longer pinned, but stays marked
 * @store: made
 * @page: number of the page
 * @pin: its pin, which is in no tree any more, and is not the caller's any more
 *
 * Cost: pinned O(log ranges of the container); others O(1). Takes no memory.
 */
void tidemark_dirty_store_unpin(struct dirty_store *store, u64 page, struct pin *pin);

/**
 * tidemark_dirty_store_mark_all - mark every page
 * @store: made
 *
 * Cost: O(1).
 */
void tidemark_dirty_store_mark_all(struct dirty_store *store);

/**
 * tidemark_dirty_store_clear - unmark pages
 * @store: made
 * @first: number of the first page
 * @last: number of the last
 *
 * Where a sparse store has no memory for what stays marked of a block that was marked as
 * a whole, all of the block does (D23); with ranges, and pinned, all of first..last does, or all
 * pages.
 *
 * Cost: bitmap O(marked words in the range), and the first partial one after
 * tidemark_dirty_store_mark_all() is O(nr_pages / 64); sparse O(log nr_pages); ranges and
 * pinned O(log ranges of the container), and 1 for each range that is cleared.
 */
void tidemark_dirty_store_clear(struct dirty_store *store, u64 first, u64 last);

/**
 * tidemark_dirty_store_next - find the next pages with a mark
 * @store: made
 * @first: number of the first page that is looked at; may be above @last
 * @last: number of the last
 * @run: their words, up to the next change of the store, or with ranges and pinned up to the
 *	 next call for a store of the container; bits outside of the range are 0
 *
 * Cost: O(log nr_pages + words shown); ranges O(log ranges of the container + words shown +
 * ranges shown), and pinned O(log pins + pins shown) more.
 *
 * Return: false if no page in the range is marked.
 */
bool tidemark_dirty_store_next(const struct dirty_store *store, u64 first, u64 last,
			       struct dirty_run *run);

#endif
