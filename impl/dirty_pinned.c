// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A dirty store that keeps no mark of a page while drivers hold it: a query walks the
 * mapping's pins, all of which are dirty (R3). What was held since the last query, and
 * what was written otherwise, is in the container's tree of ranges (dirty_ranges.c). A
 * page that is let go brings along the memory that its pin had, so that no unpin needs any.
 */
#include "dirty_pinned.h"
#include "pin.h"

/* Set, in words that are made, the bits of @pin and of those behind it. */
static void words_add_pins(u64 *words, unsigned int nr_words, u64 start, const struct pin *pin)
{
	u64 end = start + (u64)nr_words * TIDEMARK_WORD_BITS;

	for (; pin && pin->page < end; pin = tidemark_pin_next(pin)) {
		u64 at = pin->page - start;

		words[at >> TIDEMARK_WORD_SHIFT] |= (u64)1 << (at & (TIDEMARK_WORD_BITS - 1));
	}
}

/* How many words follow each other, from that of @pin on, that have pins; at most @most. */
static unsigned int words_with_pins(u64 start, const struct pin *pin, u64 most)
{
	unsigned int nr_words = 0;

	for (; pin; pin = tidemark_pin_next(pin)) {
		u64 index = (pin->page - start) >> TIDEMARK_WORD_SHIFT;

		if (index > nr_words || index >= most)
			break;
		nr_words = index + 1;
	}
	return nr_words;
}

/* Words from that of page @start on to that of page @last, as far as they are shown at once. */
static u64 words_up_to(u64 start, u64 last)
{
	return min_t(u64, TIDEMARK_WORDS_SHOWN, ((last - start) >> TIDEMARK_WORD_SHIFT) + 1);
}

bool tidemark_dirty_pinned_find(const struct dirty_store *store, u64 page, u64 last,
				struct dirty_run *run)
{
	u64 mask = TIDEMARK_WORD_BITS - 1, start, most;
	bool found = tidemark_dirty_ranges_find(store, page, run);
	const struct pin *pin = tidemark_pin_first_from(store->pins, page & ~mask);

	if (!pin || pin->page > last)
		return found;
	start = pin->page & ~mask;
	if (found && run->first <= start) {
		run->nr_words = min_t(u64, run->nr_words, words_up_to(run->first, last));
		/* Words that are all marked are not the store's, and have every bit. */
		if (run->words == store->shared->words)
			words_add_pins(store->shared->words, run->nr_words, run->first, pin);
		return true;
	}
	most = words_up_to(start, last);
	if (found)
		most = min(most, (run->first - start) >> TIDEMARK_WORD_SHIFT);
	run->first = start;
	run->nr_words = words_with_pins(start, pin, most);
	run->words = store->shared->words;
	memset(store->shared->words, 0, run->nr_words * sizeof(*store->shared->words));
	words_add_pins(store->shared->words, run->nr_words, start, pin);
	return true;
}
