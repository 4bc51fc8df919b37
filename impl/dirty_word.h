/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Words of marks: what all dirty stores are made of, and what they show.
 */
#ifndef TIDEMARK_DIRTY_WORD_H
#define TIDEMARK_DIRTY_WORD_H

#include "tidemark_limits.h"

/* Words that a store shows at once, at most. */
#define TIDEMARK_WORDS_SHOWN	64

/**
 * struct dirty_run - words with marks, one after the other
 * @first: number of the first page of words[0], a multiple of 64
 * @nr_words: at least 1, at most TIDEMARK_WORDS_SHOWN
 * @words: bit n of words[i] is page @first + 64 * i + n; none is 0
 * @cut: where @words points to if its one word is not all of the store's, for the range
 *	 ends within it; so the struct is not to be copied
 */
struct dirty_run {
	u64 first;
	unsigned int nr_words;
	const u64 *words;
	u64 cut;
};

/* All pages of so many words are marked: what a store shows that has only a flag. */
extern const u64 tidemark_dirty_words_all[TIDEMARK_WORDS_SHOWN];

static inline u64 words_for(u64 nr_bits)
{
	return (nr_bits + TIDEMARK_WORD_BITS - 1) >> TIDEMARK_WORD_SHIFT;
}

/* Bits first..last of one word, both 0 to 63. */
static inline u64 bits_between(unsigned int first, unsigned int last)
{
	return (~(u64)0 >> (TIDEMARK_WORD_BITS - 1 - last)) & (~(u64)0 << first);
}

/* Those bits of word @index that are bits first..last of their level. */
static inline u64 bits_in_word(u64 index, u64 first, u64 last)
{
	u64 start = index << TIDEMARK_WORD_SHIFT;

	return bits_between(first > start ? first - start : 0,
			    min(last - start, (u64)TIDEMARK_WORD_BITS - 1));
}

/* All pages are marked, @nr_words words from that of @page on. */
static inline void dirty_run_show_all(struct dirty_run *run, u64 page, u64 nr_words)
{
	run->first = page & ~((u64)TIDEMARK_WORD_BITS - 1);
	run->words = tidemark_dirty_words_all;
	run->nr_words = min_t(u64, nr_words, TIDEMARK_WORDS_SHOWN);
}

#endif
