// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The dirty store of v16 and Linux, a bitmap for each mapping, with summary
 * levels above it so that a query costs what is dirty, not what is mapped (B11).
 */
#include "dirty_bitmap.h"

int tidemark_dirty_bitmap_make(struct dirty_store *store)
{
	u64 nr_words = 0, bits = store->nr_pages;
	u64 offset[TIDEMARK_MARK_LEVELS_MAX];
	unsigned int nr_levels = 0;
	u64 *words;

	do {
		offset[nr_levels++] = nr_words;
		bits = words_for(bits);
		nr_words += bits;
	} while (bits > 1);

	/* Over the memory cgroup's limit it is -ENOMEM, and nobody is killed. */
	words = kvcalloc(nr_words, sizeof(*words),
			 GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	if (!words)
		return -ENOMEM;

	store->nr_levels = nr_levels;
	while (nr_levels--)
		store->level[nr_levels] = words + offset[nr_levels];
	return 0;
}

void tidemark_dirty_bitmap_drop(struct dirty_store *store)
{
	kvfree(store->level[0]);
}

void tidemark_dirty_bitmap_mark(struct dirty_store *store, u64 first, u64 last)
{
	unsigned int n;
	u64 i;

	for (n = 0; n < store->nr_levels; n++) {
		u64 first_word = first >> TIDEMARK_WORD_SHIFT;
		u64 last_word = last >> TIDEMARK_WORD_SHIFT;

		for (i = first_word; i <= last_word; i++)
			store->level[n][i] |= bits_in_word(i, first, last);
		first = first_word;
		last = last_word;
	}
}

/* Word @index of level 0 became zero: so says the level above, and so on up. */
static void word_emptied(struct dirty_store *store, u64 index)
{
	unsigned int n;

	for (n = 1; n < store->nr_levels; n++) {
		u64 bit = (u64)1 << (index & (TIDEMARK_WORD_BITS - 1));
		u64 *word;

		index >>= TIDEMARK_WORD_SHIFT;
		word = &store->level[n][index];
		*word &= ~bit;
		if (*word)
			return;
	}
}

/* The first word of level 0, from @index on, that is not zero, or ~0. */
static u64 next_word(const struct dirty_store *store, u64 index)
{
	u64 nr_words = words_for(store->nr_pages);
	unsigned int n = 0;

	if (index < nr_words && store->level[0][index])
		return index;

	/* Up, until a level shows something to the right ... */
	for (;;) {
		unsigned int bit;
		u64 bits;

		index++;
		if (++n == store->nr_levels || index >= nr_words)
			return ~(u64)0;
		bit = index & (TIDEMARK_WORD_BITS - 1);
		index >>= TIDEMARK_WORD_SHIFT;
		nr_words = words_for(nr_words);
		bits = store->level[n][index] & (~(u64)0 << bit);
		if (bits) {
			index = (index << TIDEMARK_WORD_SHIFT) + __ffs(bits);
			break;
		}
	}
	/* ... and down again to it. */
	while (--n)
		index = (index << TIDEMARK_WORD_SHIFT) + __ffs(store->level[n][index]);
	return index;
}

void tidemark_dirty_bitmap_clear(struct dirty_store *store, u64 first, u64 last)
{
	u64 last_word = last >> TIDEMARK_WORD_SHIFT;
	u64 i = next_word(store, first >> TIDEMARK_WORD_SHIFT);

	while (i <= last_word) {
		store->level[0][i] &= ~bits_in_word(i, first, last);
		if (!store->level[0][i])
			word_emptied(store, i);
		i = next_word(store, i + 1);
	}
}

bool tidemark_dirty_bitmap_find(const struct dirty_store *store, u64 page,
				struct dirty_run *run)
{
	u64 index = next_word(store, page >> TIDEMARK_WORD_SHIFT);
	u64 nr_left;

	if (index == ~(u64)0)
		return false;
	nr_left = words_for(store->nr_pages) - index;
	run->first = index << TIDEMARK_WORD_SHIFT;
	run->words = &store->level[0][index];
	run->nr_words = 1;
	while (run->nr_words < min_t(u64, nr_left, TIDEMARK_WORDS_SHOWN) &&
	       run->words[run->nr_words])
		run->nr_words++;
	return true;
}
