// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Which store it is, and what is the same in all of them: the flag that every page is
 * marked, and the ends of ranges. It is a switch and no table of functions, so that a
 * mark, which drivers wait for, is a direct call.
 */
#include "dirty_bitmap.h"
#include "dirty_pinned.h"
#include "dirty_sparse.h"

/* Are its marks in the container's tree of ranges? */
static bool has_ranges(const struct dirty_store *store)
{
	return store->kind == TIDEMARK_STORE_RANGES || store->kind == TIDEMARK_STORE_PINNED;
}

static int store_make(struct dirty_store *store, struct dirty_shared *shared, u64 first_page,
		      const struct rb_root *pins)
{
	if (store->kind == TIDEMARK_STORE_BITMAP)
		return tidemark_dirty_bitmap_make(store);
	if (store->kind == TIDEMARK_STORE_SPARSE)
		return tidemark_dirty_sparse_make(store);
	store->shared = shared;
	store->first_page = first_page;
	store->pins = pins;
	return tidemark_dirty_ranges_make(store);
}

int tidemark_dirty_store_make(struct dirty_store *store, struct dirty_shared *shared,
			      u64 first_page, u64 nr_pages, const struct rb_root *pins)
{
	struct dirty_store new = { .kind = shared->kind, .nr_pages = nr_pages };
	int ret = store_make(&new, shared, first_page, pins);

	if (!ret)
		*store = new;
	return ret;
}

void tidemark_dirty_store_drop(struct dirty_store *store)
{
	if (store->kind == TIDEMARK_STORE_SPARSE)
		tidemark_dirty_sparse_drop(store);
	else if (has_ranges(store))
		tidemark_dirty_ranges_drop(store);
	else
		tidemark_dirty_bitmap_drop(store);
	memset(store, 0, sizeof(*store));
}

/* Return: false if nothing is marked, for want of memory, which only ranges may have. */
static bool pages_mark(struct dirty_store *store, u64 first, u64 last)
{
	if (has_ranges(store))
		return tidemark_dirty_ranges_mark(store, first, last);
	if (store->kind == TIDEMARK_STORE_SPARSE)
		tidemark_dirty_sparse_mark(store, first, last);
	else
		tidemark_dirty_bitmap_mark(store, first, last);
	return true;
}

void tidemark_dirty_store_mark(struct dirty_store *store, u64 first, u64 last)
{
	if (!pages_mark(store, first, last))
		store->all = true;	/* D23 */
}

bool tidemark_dirty_store_shows_pins(const struct dirty_store *store)
{
	return store->kind == TIDEMARK_STORE_PINNED;
}

void tidemark_dirty_store_unpin(struct dirty_store *store, u64 page, struct pin *pin)
{
	if (store->kind == TIDEMARK_STORE_PINNED && !store->all)
		tidemark_dirty_ranges_mark_unpinned(store, page, pin);
	else
		kfree(pin);
}

void tidemark_dirty_store_mark_all(struct dirty_store *store)
{
	store->all = true;
}

void tidemark_dirty_store_clear(struct dirty_store *store, u64 first, u64 last)
{
	bool partial = first || last != store->nr_pages - 1;

	/* What stays marked has to be written down now. */
	if (store->all && partial && !pages_mark(store, 0, store->nr_pages - 1))
		return;	/* D23 */
	store->all = false;
	if (store->kind == TIDEMARK_STORE_SPARSE)
		tidemark_dirty_sparse_clear(store, first, last);
	else if (has_ranges(store))
		tidemark_dirty_ranges_clear(store, first, last);
	else
		tidemark_dirty_bitmap_clear(store, first, last);
}

static bool store_find(const struct dirty_store *store, u64 page, u64 last,
		       struct dirty_run *run)
{
	if (store->all) {
		dirty_run_show_all(run, page, TIDEMARK_WORDS_SHOWN);
		return true;
	}
	if (store->kind == TIDEMARK_STORE_SPARSE)
		return tidemark_dirty_sparse_find(store, page, run);
	if (store->kind == TIDEMARK_STORE_RANGES)
		return tidemark_dirty_ranges_find(store, page, run);
	if (store->kind == TIDEMARK_STORE_PINNED)
		return tidemark_dirty_pinned_find(store, page, last, run);
	return tidemark_dirty_bitmap_find(store, page, run);
}

/* Leave of @run, which begins at @last or before, what lies in the range. */
static bool run_cut(struct dirty_run *run, u64 first, u64 last)
{
	u64 bits = bits_in_word(run->first >> TIDEMARK_WORD_SHIFT, first, last);

	if (bits == ~(u64)0) {
		u64 nr_whole = (last + 1 - run->first) >> TIDEMARK_WORD_SHIFT;

		run->nr_words = min_t(u64, run->nr_words, nr_whole);
		return true;
	}
	run->cut = run->words[0] & bits;
	run->words = &run->cut;
	run->nr_words = 1;
	return run->cut;
}

bool tidemark_dirty_store_next(const struct dirty_store *store, u64 first, u64 last,
			       struct dirty_run *run)
{
	u64 page = first;

	while (page <= last && store_find(store, page, last, run) && run->first <= last) {
		if (run_cut(run, first, last))
			return true;
		page = run->first + TIDEMARK_WORD_BITS;
	}
	return false;
}
