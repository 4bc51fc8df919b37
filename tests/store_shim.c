// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "store_shim.h"

#include "dirty.h"
#include "pin.h"

static_assert((int)STORE_BITMAP == (int)TIDEMARK_STORE_BITMAP, "the kinds have their numbers here");
static_assert((int)STORE_SPARSE == (int)TIDEMARK_STORE_SPARSE, "the kinds have their numbers here");
static_assert((int)STORE_RANGES == (int)TIDEMARK_STORE_RANGES, "the kinds have their numbers here");
static_assert((int)STORE_PINNED == (int)TIDEMARK_STORE_PINNED, "the kinds have their numbers here");

#define FIRST_PAGE	100	/* not 0, and no multiple of 64: a store has its own numbers */

struct store_under_test {
	struct dirty_shared own;
	struct dirty_shared *shared;
	u64 first_page;
	struct rb_root pins;
	struct dirty_store dirty;
	struct dirty_run run;
};

static int make(struct dirty_shared *shared, u64 first_page, u64 nr_pages,
		struct store_under_test *store)
{
	store->shared = shared;
	store->first_page = first_page;
	return tidemark_dirty_store_make(&store->dirty, shared, first_page, nr_pages,
					 &store->pins);
}

int store_make(int kind, uint64_t nr_pages, struct store_under_test **store)
{
	*store = calloc(1, sizeof(**store));
	if (!*store)
		return -ENOMEM;
	(*store)->own.kind = (enum tidemark_store)kind;
	return make(&(*store)->own, FIRST_PAGE, nr_pages, *store);
}

int store_make_behind(struct store_under_test *before, uint64_t nr_pages,
		      struct store_under_test **store)
{
	*store = calloc(1, sizeof(**store));
	return *store ? make(before->shared, before->first_page + before->dirty.nr_pages, nr_pages,
			     *store) : -ENOMEM;
}

void store_pin(struct store_under_test *store, uint64_t page)
{
	struct rb_node **link = &store->pins.rb_node, *parent = NULL;
	struct pin *pin = kzalloc(sizeof(*pin), GFP_KERNEL_ACCOUNT);

	while (*link) {
		parent = *link;
		link = page < rb_entry(parent, struct pin, node)->page ? &parent->rb_left :
									  &parent->rb_right;
	}
	pin->page = page;
	rb_link_node(&pin->node, parent, link);
	rb_insert_color(&pin->node, &store->pins);
	if (!tidemark_dirty_store_shows_pins(&store->dirty))
		tidemark_dirty_store_mark(&store->dirty, page, page);
}

void store_unpin(struct store_under_test *store, uint64_t page)
{
	struct pin *pin = tidemark_pin_first_from(&store->pins, page);

	rb_erase(&pin->node, &store->pins);
	tidemark_dirty_store_unpin(&store->dirty, page, pin);
}

void store_drop(struct store_under_test *store)
{
	while (store->pins.rb_node)
		store_unpin(store, tidemark_pin_first_from(&store->pins, 0)->page);
	tidemark_dirty_store_drop(&store->dirty);
	free(store);
}

void store_empty(struct store_under_test *store)
{
	tidemark_dirty_store_drop(&store->dirty);
}

int store_remake(struct store_under_test *store, uint64_t nr_pages)
{
	return make(store->shared, store->first_page, nr_pages, store);
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
