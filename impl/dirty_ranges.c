// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A dirty store that is a part of one tree for the whole container. In the tree are ranges
 * of dirty pages, which neither overlap nor touch, and which know nothing of mappings: one
 * may begin in one and end in another. A page is 4 KiB of the container's addresses there,
 * and has its number within a store elsewhere.
 *
 * What is shown of a range are words, that are made in a buffer of a fixed size when they
 * are asked for, or that are all the same.
 *
 * A mark, or a clear in the middle of a range, may need a range more. Without memory for it
 * more becomes, or stays, dirty (D23). Only what a store's end leaves on both sides cannot
 * be so, as there may be no mapping any more that it would be true of: so each store has
 * the range for that from the beginning.
 */
#include "dirty_ranges.h"
#include "pin.h"

/**
 * struct dirty_range - pages that are marked
 * @node: in dirty_shared.ranges, by @first
 * @first: number of the first page
 * @last: of the last
 */
struct dirty_range {
	struct rb_node node;
	u64 first;
	u64 last;
};

/**
 * struct range_place - where a range is to be that is not there
 * @parent: the node above, or NULL
 * @link: of it
 * @before: the range before, or NULL
 */
struct range_place {
	struct rb_node *parent;
	struct rb_node **link;
	struct dirty_range *before;
};

static struct dirty_range *range_alloc(void)
{
	/* As for a bitmap; and nobody need hear of it, because no mark fails. */
	return kzalloc(sizeof(struct dirty_range),
		       GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

static struct dirty_range *range_next(const struct dirty_range *range)
{
	return rb_entry_safe(rb_next(&range->node), struct dirty_range, node);
}

static void range_free(struct dirty_shared *shared, struct dirty_range *range)
{
	rb_erase(&range->node, &shared->ranges);
	kfree(range);
}

/* The lowest range that ends at @page or above, or NULL; one before it is to be at @place. */
static struct dirty_range *range_from(struct dirty_shared *shared, u64 page,
				      struct range_place *place)
{
	struct dirty_range *found = NULL;

	place->parent = NULL;
	place->before = NULL;
	place->link = &shared->ranges.rb_node;
	while (*place->link) {
		struct dirty_range *range;

		place->parent = *place->link;
		range = rb_entry(place->parent, struct dirty_range, node);
		if (range->last < page) {
			place->before = range;
			place->link = &place->parent->rb_right;
		} else {
			found = range;
			place->link = &place->parent->rb_left;
		}
	}
	return found;
}

static void range_insert(struct dirty_shared *shared, struct dirty_range *range, u64 first,
			 u64 last, const struct range_place *place)
{
	range->first = first;
	range->last = last;
	rb_link_node(&range->node, place->parent, place->link);
	rb_insert_color(&range->node, &shared->ranges);
}

static u64 store_last_page(const struct dirty_store *store)
{
	return store->first_page + store->nr_pages - 1;
}

/* Make a range end at @last, if not behind it, and take in those that it then meets. */
static void range_extend(struct dirty_shared *shared, struct dirty_range *range, u64 last)
{
	struct dirty_range *next;

	if (last <= range->last)
		return;
	while ((next = range_next(range)) && next->first <= last + 1) {
		last = max(last, next->last);
		range_free(shared, next);
	}
	range->last = last;
}

/*
 * first..last is to be marked between two ranges, and there is no memory (D23): that one
 * which is nearer, and has a page of the store, becomes larger. Return: false if none has.
 */
static bool range_widen(const struct dirty_store *store, struct dirty_range *before,
			struct dirty_range *behind, u64 first, u64 last)
{
	if (before && before->last < store->first_page)
		before = NULL;
	if (behind && behind->first > store_last_page(store))
		behind = NULL;
	if (before && (!behind || first - before->last <= behind->first - last))
		before->last = last;
	else if (behind)
		behind->first = first;
	return before || behind;
}

int tidemark_dirty_ranges_make(struct dirty_store *store)
{
	store->spare = range_alloc();
	return store->spare ? 0 : -ENOMEM;
}

/* Mark first..last in a range that is there already, from just before. Return: false if none is. */
static bool range_join(struct dirty_shared *shared, struct dirty_range *range, u64 first, u64 last)
{
	if (!range || range->first > last + 1)
		return false;
	range->first = min(range->first, first);
	range_extend(shared, range, last);
	return true;
}

bool tidemark_dirty_ranges_mark(struct dirty_store *store, u64 first, u64 last)
{
	struct dirty_range *range, *new;
	struct range_place place;

	first += store->first_page;
	last += store->first_page;
	range = range_from(store->shared, first ? first - 1 : 0, &place);
	if (range_join(store->shared, range, first, last))
		return true;
	new = range_alloc();
	if (!new)
		return range_widen(store, place.before, range, first, last);
	range_insert(store->shared, new, first, last, &place);
	return true;
}

void tidemark_dirty_ranges_mark_unpinned(struct dirty_store *store, u64 page, struct pin *pin)
{
	struct dirty_range *range, *new = (struct dirty_range *)pin;
	struct range_place place;

	static_assert(sizeof(*new) <= sizeof(*pin), "a range has the memory of a pin");
	page += store->first_page;
	range = range_from(store->shared, page ? page - 1 : 0, &place);
	if (range_join(store->shared, range, page, page))
		kfree(pin);
	else
		range_insert(store->shared, new, page, page, &place);
}

/* Take first..last out of a range that goes on behind it; @behind is for what does. */
static void range_split(struct dirty_shared *shared, struct dirty_range *range, u64 first,
			u64 last, struct dirty_range *behind)
{
	u64 end = range->last;
	struct range_place place;

	range->last = first - 1;
	range_from(shared, last + 1, &place);
	range_insert(shared, behind, last + 1, end, &place);
}

/* Take first..last out of @range, of which not both ends stay, and of those behind it. */
static void ranges_trim(struct dirty_shared *shared, struct dirty_range *range, u64 first,
			u64 last)
{
	if (range && range->first < first) {
		range->last = first - 1;
		range = range_next(range);
	}
	while (range && range->last <= last) {
		struct dirty_range *next = range_next(range);

		range_free(shared, range);
		range = next;
	}
	if (range && range->first <= last)
		range->first = last + 1;
}

static bool range_surrounds(const struct dirty_range *range, u64 first, u64 last)
{
	return range && range->first < first && range->last > last;
}

void tidemark_dirty_ranges_clear(struct dirty_store *store, u64 first, u64 last)
{
	struct dirty_range *range, *behind;
	struct range_place place;

	first += store->first_page;
	last += store->first_page;
	range = range_from(store->shared, first, &place);
	if (!range_surrounds(range, first, last)) {
		ranges_trim(store->shared, range, first, last);
		return;
	}
	behind = range_alloc();
	if (behind)	/* or D23 */
		range_split(store->shared, range, first, last, behind);
}

void tidemark_dirty_ranges_drop(struct dirty_store *store)
{
	u64 first = store->first_page, last = store_last_page(store);
	struct range_place place;
	struct dirty_range *range = range_from(store->shared, first, &place);

	if (range_surrounds(range, first, last)) {
		range_split(store->shared, range, first, last, store->spare);
		return;
	}
	ranges_trim(store->shared, range, first, last);
	kfree(store->spare);
}

/*
 * The words from that of page @start on, a multiple of 64 in the store, in which @range and
 * those behind it have pages, up to the first in which none has, or as many as there is
 * room for. Return: how many.
 */
static unsigned int words_fill(const struct dirty_store *store,
			       const struct dirty_range *range, u64 start)
{
	u64 base = store->first_page + start;
	u64 nr_pages = TIDEMARK_WORDS_SHOWN * TIDEMARK_WORD_BITS;
	u64 last_page = min(store_last_page(store), base + nr_pages - 1);
	u64 *words = store->shared->words;
	u64 nr_words = 0;

	for (; range && range->first <= last_page; range = range_next(range)) {
		u64 first = max(range->first, base) - base;
		u64 last = min(range->last, last_page) - base;
		u64 i = first >> TIDEMARK_WORD_SHIFT;

		if (i > nr_words)
			break;
		for (; i <= last >> TIDEMARK_WORD_SHIFT; i++) {
			if (i == nr_words)
				words[nr_words++] = 0;
			words[i] |= bits_in_word(i, first, last);
		}
	}
	return nr_words;
}

bool tidemark_dirty_ranges_find(const struct dirty_store *store, u64 page,
				struct dirty_run *run)
{
	u64 start = page & ~((u64)TIDEMARK_WORD_BITS - 1), first, last;
	struct dirty_range *range;
	struct range_place place;

	range = range_from(store->shared, store->first_page + start, &place);
	if (!range || range->first > store_last_page(store))
		return false;

	first = max(range->first, store->first_page + start) - store->first_page;
	last = min(range->last, store_last_page(store)) - store->first_page;
	start = first & ~((u64)TIDEMARK_WORD_BITS - 1);
	if (first == start && last - first >= TIDEMARK_WORD_BITS - 1) {
		dirty_run_show_all(run, start, (last - first + 1) >> TIDEMARK_WORD_SHIFT);
		return true;
	}
	run->first = start;
	run->words = store->shared->words;
	run->nr_words = words_fill(store, range, start);
	return true;
}
