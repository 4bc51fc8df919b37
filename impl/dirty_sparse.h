/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The dirty store that is a tree: what dirty.c makes of it.
 */
#ifndef TIDEMARK_DIRTY_SPARSE_H
#define TIDEMARK_DIRTY_SPARSE_H

#include "dirty.h"

/**
 * tidemark_dirty_sparse_make - as tidemark_dirty_store_make()
 * @store: its nr_pages is there
 *
 * Return: 0 or -ENOMEM.
 */
int tidemark_dirty_sparse_make(struct dirty_store *store);

/**
 * tidemark_dirty_sparse_drop - free the memory
 * @store: which; not made, and to be set to 0, afterwards
 */
void tidemark_dirty_sparse_drop(struct dirty_store *store);

/**
 * tidemark_dirty_sparse_mark - as tidemark_dirty_store_mark()
 * @store: which
 * @first: number of the first page
 * @last: number of the last
 */
void tidemark_dirty_sparse_mark(struct dirty_store *store, u64 first, u64 last);

/**
 * tidemark_dirty_sparse_clear - as tidemark_dirty_store_clear()
 * @store: which; its flag @all is not looked at
 * @first: number of the first page
 * @last: number of the last
 */
void tidemark_dirty_sparse_clear(struct dirty_store *store, u64 first, u64 last);

/**
 * tidemark_dirty_sparse_find - find the next word with a mark, and those behind it
 * @store: which; its flag @all is not looked at
 * @page: the word of this page is the first that is looked at
 * @run: what is found; no word is cut
 *
 * Return: false if there is none.
 */
bool tidemark_dirty_sparse_find(const struct dirty_store *store, u64 page,
				struct dirty_run *run);

#endif
