// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "store_shim.h"

#include "dirty.h"

struct tidemark_store {
	struct dirty_store dirty;
};

int store_make(uint64_t nr_pages, struct tidemark_store **store)
{
	*store = calloc(1, sizeof(**store));
	return *store ? tidemark_dirty_store_make(&(*store)->dirty, nr_pages) : -ENOMEM;
}

void store_drop(struct tidemark_store *store)
{
	tidemark_dirty_store_drop(&store->dirty);
	free(store);
}

void store_empty(struct tidemark_store *store)
{
	tidemark_dirty_store_drop(&store->dirty);
}

int store_remake(struct tidemark_store *store, uint64_t nr_pages)
{
	return tidemark_dirty_store_make(&store->dirty, nr_pages);
}

void store_mark(struct tidemark_store *store, uint64_t first, uint64_t last)
{
	tidemark_dirty_store_mark(&store->dirty, first, last);
}

void store_mark_all(struct tidemark_store *store)
{
	tidemark_dirty_store_mark_all(&store->dirty);
}

void store_clear(struct tidemark_store *store, uint64_t first, uint64_t last)
{
	tidemark_dirty_store_clear(&store->dirty, first, last);
}

bool store_next(const struct tidemark_store *store, uint64_t first, uint64_t last,
		uint64_t *word_first, uint64_t *word_bits)
{
	struct dirty_word word;

	if (!tidemark_dirty_store_next(&store->dirty, first, last, &word))
		return false;
	*word_first = word.first;
	*word_bits = word.bits;
	return true;
}

void *store_memory(const struct tidemark_store *store)
{
	return store->dirty.level[0];
}
