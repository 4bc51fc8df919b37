// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "store_shim.h"

#include "dirty.h"

static_assert((int)STORE_BITMAP == (int)TIDEMARK_STORE_BITMAP, "the kinds have their numbers here");
static_assert((int)STORE_SPARSE == (int)TIDEMARK_STORE_SPARSE, "the kinds have their numbers here");

struct store_under_test {
	struct dirty_store dirty;
	struct dirty_run run;
};

int store_make(int kind, uint64_t nr_pages, struct store_under_test **store)
{
	*store = calloc(1, sizeof(**store));
	return *store ? tidemark_dirty_store_make(&(*store)->dirty, (enum tidemark_store)kind,
						  nr_pages) : -ENOMEM;
}

void store_drop(struct store_under_test *store)
{
	tidemark_dirty_store_drop(&store->dirty);
	free(store);
}

void store_empty(struct store_under_test *store)
{
	tidemark_dirty_store_drop(&store->dirty);
}

int store_remake(struct store_under_test *store, uint64_t nr_pages)
{
	return tidemark_dirty_store_make(&store->dirty, store->dirty.kind, nr_pages);
}

void store_mark(struct store_under_test *store, uint64_t first, uint64_t last)
{
	tidemark_dirty_store_mark(&store->dirty, first, last);
}

void store_mark_all(struct store_under_test *store)
{
	tidemark_dirty_store_mark_all(&store->dirty);
}

void store_clear(struct store_under_test *store, uint64_t first, uint64_t last)
{
	tidemark_dirty_store_clear(&store->dirty, first, last);
}

unsigned store_next(struct store_under_test *store, uint64_t first, uint64_t last,
		    uint64_t *first_page, const uint64_t **words)
{
	if (!tidemark_dirty_store_next(&store->dirty, first, last, &store->run))
		return 0;
	*first_page = store->run.first;
	*words = (const uint64_t *)store->run.words;
	return store->run.nr_words;
}
