/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The dirty store that is a part of a container's tree of ranges: what dirty.c makes of it.
 */
#ifndef TIDEMARK_DIRTY_RANGES_H
#define TIDEMARK_DIRTY_RANGES_H

#include "dirty.h"

/**
 * tidemark_dirty_ranges_make - as tidemark_dirty_store_make()
 * @store: its nr_pages, shared and first_page are there
 *
 * Return: 0 or -ENOMEM.
 */
int tidemark_dirty_ranges_make(struct dirty_store *store);

/**
 * tidemark_dirty_ranges_drop - unmark all pages, and free the memory
 * @store: which; not made, and to be set to 0, afterwards
 *
 * What is marked beside the store's pages stays so, and that takes no memory.
 */
void tidemark_dirty_ranges_drop(struct dirty_store *store);

/**
 * tidemark_dirty_ranges_mark - as tidemark_dirty_store_mark()
 * @store: which
 * @first: number of the first page
 * @last: number of the last
 *
 * Return: false if there is no memory for that, and nothing is marked.
 */
bool tidemark_dirty_ranges_mark(struct dirty_store *store, u64 first, u64 last);

/**
 * tidemark_dirty_ranges_mark_unpinned - mark a page, with memory that is given for it
 * @store: which
 * @page: number of the page
 * @pin: the memory of a pin, by kzalloc(), which becomes the store's or is freed
 */
void tidemark_dirty_ranges_mark_unpinned(struct dirty_store *store, u64 page, struct pin *pin);

/**
 * tidemark_dirty_ranges_clear - as tidemark_dirty_store_clear()
 * @store: which; its flag @all is not looked at
 * @first: number of the first page
 * @last: number of the last
 */
void tidemark_dirty_ranges_clear(struct dirty_store *store, u64 first, u64 last);

/**
 * tidemark_dirty_ranges_find - find the next word with a mark, and those behind it
 * @store: which; its flag @all is not looked at
 * @page: the word of this page is the first that is looked at
 * @run: what is found; no word is cut
 *
 * Return: false if there is none.
 */
bool tidemark_dirty_ranges_find(const struct dirty_store *store, u64 page,
				struct dirty_run *run);

#endif
