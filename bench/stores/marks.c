// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "marks.h"

#include "dirty.h"

#define DENSE_PAGES	512

struct bench_store {
	struct os_machine machine;
	struct dirty_shared shared;
	struct rb_root no_pins;
	struct dirty_store dirty;
};

struct bench_store *bench_store_make(int kind, uint64_t nr_pages)
{
	struct bench_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	os_current = &store->machine;
	store->shared.kind = (enum tidemark_store)kind;
	if (tidemark_dirty_store_make(&store->dirty, &store->shared, 0, nr_pages,
				      &store->no_pins)) {
		free(store);
		return NULL;
	}
	return store;
}

void bench_store_free(struct bench_store *store)
{
	tidemark_dirty_store_drop(&store->dirty);
	os_current = NULL;
	free(store);
}

void bench_store_mark(struct bench_store *store, enum bench_order order, uint64_t count)
{
	const u64 pages_a_call = order == DENSE ? DENSE_PAGES : 1;
	const u64 step = order == RANDOM ? 0x9e3779b97f4a7c15 :
			 order == ALTERNATING ? 2 : pages_a_call;
	const u64 nr_pages = store->dirty.nr_pages;
	u64 at = 0;

	/* The multiplier is odd and the number of pages even: such steps look random. */
	while (count--) {
		const u64 page = order == RANDOM ? (u64)((unsigned __int128)at * nr_pages >> 64) : at;

		tidemark_dirty_store_mark(&store->dirty, page, page + pages_a_call - 1);
		at += step;
		if (order != RANDOM && at + pages_a_call > nr_pages)
			at = 0;
	}
}

void bench_store_clear(struct bench_store *store)
{
	tidemark_dirty_store_clear(&store->dirty, 0, store->dirty.nr_pages - 1);
}
