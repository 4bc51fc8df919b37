/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a dirty store promises: the marks of one mapping's pages, numbered from
 * 0. One file implements it; dirty_bitmap.c is the bitmap of v16 and Linux.
 *
 * The container's lock guards a store. Page numbers given are below the number
 * of pages that the store was made for, and first <= last, but where it says so.
 */
#ifndef TIDEMARK_DIRTY_H
#define TIDEMARK_DIRTY_H

#include "tidemark_limits.h"

/**
 * struct dirty_store - the marks of one mapping
 * @nr_pages: how many there can be
 * @level: level[0] has a bit for each page; level[n + 1] has a bit for each word of
 *	   level[n], set exactly if that word is not zero. level[0] is NULL while
 *	   the store is not made. All levels are one allocation.
 * @nr_levels: in @level; the topmost is one word
 * @all: every page is marked, whatever the levels say
 */
struct dirty_store {
	u64 nr_pages;
	u64 *level[TIDEMARK_MARK_LEVELS_MAX];
	unsigned int nr_levels;
	bool all;
};

/**
 * struct dirty_word - 64 pages
 * @first: number of the first, a multiple of 64
 * @bits: bit n is page @first + n
 */
struct dirty_word {
	u64 first;
	u64 bits;
};

/**
 * tidemark_dirty_store_make - make a store with no page marked
 * @store: not made; untouched on failure
 * @nr_pages: 1 to TIDEMARK_MARKED_PAGES_MAX
 *
 * Charged to the memory cgroup, nr_pages / 8 bytes and a 63rd of that (B10).
 *
 * Return: 0 or -ENOMEM.
 */
int tidemark_dirty_store_make(struct dirty_store *store, u64 nr_pages);

/**
 * tidemark_dirty_store_drop - forget all marks and free the memory
 * @store: nothing happens to one not made
 */
void tidemark_dirty_store_drop(struct dirty_store *store);

/**
 * tidemark_dirty_store_mark - mark pages
 * @store: made
 * @first: number of the first page
 * @last: number of the last
 *
 * Cost: O(pages / 64), at least 1.
 */
void tidemark_dirty_store_mark(struct dirty_store *store, u64 first, u64 last);

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
 * Cost: O(marked words in the range); the first partial one after
 * tidemark_dirty_store_mark_all() is O(nr_pages / 64).
 */
void tidemark_dirty_store_clear(struct dirty_store *store, u64 first, u64 last);

/**
 * tidemark_dirty_store_next - find the next 64 pages with a mark
 * @store: made
 * @first: number of the first page that is looked at; may be above @last
 * @last: number of the last
 * @word: those 64 pages; bits outside of the range are zero
 *
 * Cost: O(log nr_pages).
 *
 * Return: false if no page in the range is marked.
 */
bool tidemark_dirty_store_next(const struct dirty_store *store, u64 first, u64 last,
			       struct dirty_word *word);

#endif
