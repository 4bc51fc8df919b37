// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "bitmap.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "peek.h"

enum {
	WORD_BITS = 64,
	MOST_BYTES = 1 << 28, /* VFIO refuses larger ones */
	PIECE_WORDS = 8192,
	/* A line of a program has no more. */
	MOST_RUNS = 1024,
	/* " 33554431-33554431:0xffffffffffffffff" for each, and what is before and behind. */
	LINE_BYTES = MOST_RUNS * 40 + 4096,
};

struct bitmap_room {
	uint64_t words[PIECE_WORDS];
	char text[LINE_BYTES];
};

static void *pages(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static uint64_t words_of(uint64_t bytes, uint64_t range_bytes, uint64_t page_bytes)
{
	uint64_t nr_pages, words;

	if (!page_bytes || (page_bytes & (page_bytes - 1)) || bytes > MOST_BYTES)
		return 0;
	nr_pages = range_bytes / page_bytes;
	words = nr_pages / WORD_BITS + (nr_pages % WORD_BITS != 0);
	return words <= bytes / sizeof(uint64_t) ? words : 0;
}

/* The next words from number `first` on, as they are now; how many. */
static size_t read_piece(const struct bitmap *bitmap, uint64_t first)
{
	uint64_t words = bitmap->nr_words - first;

	if (words > PIECE_WORDS)
		words = PIECE_WORDS;
	peek_or_zero(bitmap->room->words, bitmap->address + first * sizeof(uint64_t),
		     words * sizeof(uint64_t));
	return words;
}

static bool has_bits(const struct bitmap *bitmap)
{
	for (uint64_t first = 0; first < bitmap->nr_words; first += PIECE_WORDS) {
		size_t words = read_piece(bitmap, first);

		for (size_t i = 0; i < words; i++)
			if (bitmap->room->words[i])
				return true;
	}
	return false;
}

void bitmap_begin(struct bitmap *bitmap, uint64_t address, uint64_t bytes, uint64_t range_bytes,
		  uint64_t page_bytes)
{
	*bitmap = (struct bitmap){
		.address = address,
		.nr_words = words_of(bytes, range_bytes, page_bytes),
		.room = pages(sizeof(struct bitmap_room)),
	};
	if (!bitmap->room || !has_bits(bitmap))
		return;
	bitmap->before = pages(bitmap->nr_words * sizeof(uint64_t));
	if (bitmap->before)
		peek_or_zero(bitmap->before, address, bitmap->nr_words * sizeof(uint64_t));
	else
		bitmap_end(bitmap);
}

void bitmap_move_line(struct bitmap *bitmap, struct line *line)
{
	if (!bitmap->room)
		return;
	memcpy(bitmap->room->text, line->text, line->bytes);
	line->text = bitmap->room->text;
	line->room = LINE_BYTES;
}

struct run {
	uint64_t first, last, word;
	unsigned int count; /* of those before it */
	uint64_t more;	    /* words that are in none */
};

static void put_run(struct line *line, const struct run *run)
{
	if (!run->word)
		return;
	line_text(line, " ");
	line_decimal(line, run->first);
	if (run->last != run->first) {
		line_text(line, "-");
		line_decimal(line, run->last);
	}
	line_text(line, ":");
	line_hex(line, run->word);
}

static void add_word(struct line *line, struct run *run, uint64_t number, uint64_t word)
{
	if (run->word && word == run->word && number == run->last + 1) {
		run->last = number;
	} else if (word && run->count == MOST_RUNS) {
		run->more++;
	} else if (word) {
		put_run(line, run);
		run->first = run->last = number;
		run->word = word;
		run->count++;
	}
}

void bitmap_words(struct bitmap *bitmap, struct line *line)
{
	struct run run = {0};

	if (!bitmap->room) {
		line_text(line, " unread");
		return;
	}
	line_text(line, bitmap->before ? " used words" : " words");
	for (uint64_t first = 0; first < bitmap->nr_words; first += PIECE_WORDS) {
		size_t words = read_piece(bitmap, first);

		for (size_t i = 0; i < words; i++) {
			uint64_t old = bitmap->before ? bitmap->before[first + i] : 0;

			add_word(line, &run, first + i, bitmap->room->words[i] & ~old);
		}
	}
	put_run(line, &run);
	if (run.more) {
		line_text(line, " more=");
		line_decimal(line, run.more);
	}
}

void bitmap_end(struct bitmap *bitmap)
{
	if (bitmap->before)
		munmap(bitmap->before, bitmap->nr_words * sizeof(uint64_t));
	if (bitmap->room)
		munmap(bitmap->room, sizeof(struct bitmap_room));
	bitmap->before = NULL;
	bitmap->room = NULL;
}
