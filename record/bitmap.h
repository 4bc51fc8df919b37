/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which words of a user's bitmap a call has stored. */
#ifndef TIDEMARK_RECORD_BITMAP_H
#define TIDEMARK_RECORD_BITMAP_H

#include <stdint.h>

#include "line.h"

struct bitmap_room;

/**
 * struct bitmap - a user's bitmap, from before a call to after it
 * @address: the user's
 * @nr_words: of 64 bits, that the call may store; 0: none, as it will refuse it
 * @room: memory to work in; NULL if there is none
 * @before: what was in it before the call; NULL if that were zeros alone
 */
struct bitmap {
	uint64_t address;
	uint64_t nr_words;
	struct bitmap_room *room;
	uint64_t *before;
};

/**
 * bitmap_begin - look at it before the call
 * @bitmap: to be ended by bitmap_end(), in any case
 * @address: the user's
 * @bytes: that it has, as the user says
 * @range_bytes: of device addresses that it is for
 * @page_bytes: that a bit stands for
 *
 * Cost: it is read once, and once more if there is a bit in it.
 */
void bitmap_begin(struct bitmap *bitmap, uint64_t address, uint64_t bytes, uint64_t range_bytes,
		  uint64_t page_bytes);

/* Room for a line that has all of its words; of `line`, which has little, what it says moves. */
void bitmap_move_line(struct bitmap *bitmap, struct line *line);

/**
 * bitmap_words - put what the call has stored
 * @bitmap: of a call that succeeded
 * @line: gets " words", and " FIRST[-LAST]:WORD" for each run of equal words that are not 0, in
 *	  their order; " more=N" for N words that there is no room for. Behind " used", if there were
 *	  bits in it before the call, are those bits alone that were not. " unread" if there is no
 *	  memory to look at it.
 *
 * Cost: it is read once.
 */
void bitmap_words(struct bitmap *bitmap, struct line *line);

void bitmap_end(struct bitmap *bitmap);

#endif
