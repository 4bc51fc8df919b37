// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * From marks to the user's bitmap. Nothing is shifted in place and nothing is
 * cleared before everything was copied (B1, B2): words are put together on the
 * stack, or are in the store as the user gets them, and only those with a bit in
 * them are stored (R11, N2).
 */
#include "private.h"

/*
 * So many words that are in the store as the user gets them are copied from there.
 * Fewer are gathered first, as a copy of few costs more than to copy them twice.
 */
#define REPORT_WORDS_MIN	8

/**
 * struct bitmap_writer - makes a user's bitmap, word by word, ascending
 * @bitmap: user address; any, and so never a C pointer
 * @index: of @word in the bitmap
 * @word: the one being made
 * @ready_index: of ready[0] in the bitmap
 * @nr_ready: in @ready
 * @ready: words before @word that follow each other, and wait to be copied
 */
struct bitmap_writer {
	u64 bitmap;
	u64 index;
	u64 word;
	u64 ready_index;
	unsigned int nr_ready;
	u64 ready[TIDEMARK_BOUNCE_WORDS];
};

static int writer_flush(struct bitmap_writer *writer)
{
	size_t bytes = writer->nr_ready * sizeof(u64);
	u64 to = writer->bitmap + writer->ready_index * sizeof(u64);

	writer->nr_ready = 0;
	if (bytes && copy_to_user(u64_to_user_ptr(to), writer->ready, bytes))
		return -EFAULT;
	return 0;
}

/* The word being made is complete. */
static int writer_push(struct bitmap_writer *writer)
{
	int ret = 0;

	if (!writer->word)
		return 0;
	if (writer->nr_ready == TIDEMARK_BOUNCE_WORDS ||
	    writer->ready_index + writer->nr_ready != writer->index)
		ret = writer_flush(writer);
	if (!writer->nr_ready)
		writer->ready_index = writer->index;
	writer->ready[writer->nr_ready++] = writer->word;
	writer->word = 0;
	return ret;
}

/* Set @bits in word @index, which is not below the one being made. */
static int writer_set(struct bitmap_writer *writer, u64 index, u64 bits)
{
	int ret = 0;

	if (index != writer->index) {
		ret = writer_push(writer);
		writer->index = index;
	}
	writer->word |= bits;
	return ret;
}

/* 64 bits that begin at bit @at of the bitmap; the first of them is set. */
static int writer_set_at(struct bitmap_writer *writer, u64 at, u64 bits)
{
	unsigned int shift = at & (TIDEMARK_WORD_BITS - 1);
	u64 index = at >> TIDEMARK_WORD_SHIFT;
	int ret = writer_set(writer, index, bits << shift);

	if (!ret && shift && bits >> (TIDEMARK_WORD_BITS - shift))
		ret = writer_set(writer, index + 1, bits >> (TIDEMARK_WORD_BITS - shift));
	return ret;
}

/* Dirty pages of 4 KiB, where that is P; bit 0 of @bits is bit @at. */
static int report_small(struct bitmap_writer *writer, u64 at, u64 bits)
{
	unsigned int skip = __ffs(bits);

	/* @at may lie before the range, but the first bit that is set does not. */
	return writer_set_at(writer, at + skip, bits >> skip);
}

/*
 * The same where P is larger: @page is the number of the page of bit 0. @next becomes
 * the first page that can add something: none does in a large page that is reported.
 */
static int report_large(struct bitmap_writer *writer, unsigned int shift, u64 range_page,
			u64 page, u64 bits, u64 *next)
{
	while (bits) {
		u64 large = (page + __ffs(bits)) >> shift;
		u64 at = large - (range_page >> shift);
		u64 behind = ((large + 1) << shift) - page;	/* first bit of the next */
		int ret;

		ret = writer_set(writer, at >> TIDEMARK_WORD_SHIFT,
				 (u64)1 << (at & (TIDEMARK_WORD_BITS - 1)));
		if (ret)
			return ret;
		*next = max(*next, page + behind);
		bits = behind < TIDEMARK_WORD_BITS ? bits & (~(u64)0 << behind) : 0;
	}
	return 0;
}

/* The pages of a mapping that lie in the range. */
static void report_clip(const struct report *report, const struct mapping *mapping,
			u64 *first_page, u64 *last_page)
{
	*first_page = mapping_page(mapping, max(report->first, mapping->first));
	*last_page = mapping_page(mapping, min(report->last, mapping->last));
}

/* Copy words from @index of the bitmap on, which is behind the one being made. */
static int writer_copy(struct bitmap_writer *writer, u64 index, const u64 *words, u64 nr_words)
{
	u64 to = writer->bitmap + index * sizeof(*words);
	int ret = writer_push(writer);

	if (!ret)
		ret = writer_flush(writer);
	writer->index = index + nr_words;
	if (!ret && copy_to_user(u64_to_user_ptr(to), words, nr_words * sizeof(*words)))
		ret = -EFAULT;
	return ret;
}

/* Words of marks, the first of which is of 64 pages from @page on; @next as above. */
static int report_words(struct bitmap_writer *writer, unsigned int shift, u64 range_page,
			u64 page, const struct dirty_run *run, u64 *next)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < run->nr_words; i++, page += TIDEMARK_WORD_BITS) {
		if (page + TIDEMARK_WORD_BITS <= *next)
			continue;
		*next = page + TIDEMARK_WORD_BITS;
		if (shift)
			ret = report_large(writer, shift, range_page, page, run->words[i], next);
		else
			ret = report_small(writer, page - range_page, run->words[i]);
	}
	return ret;
}

static int report_run(struct bitmap_writer *writer, unsigned int shift, u64 range_page,
		      u64 page, const struct dirty_run *run, u64 *next)
{
	u64 at = page - range_page;

	if (shift || run->nr_words < REPORT_WORDS_MIN || at & (TIDEMARK_WORD_BITS - 1))
		return report_words(writer, shift, range_page, page, run, next);
	*next = page + ((u64)run->nr_words << TIDEMARK_WORD_SHIFT);
	return writer_copy(writer, at >> TIDEMARK_WORD_SHIFT, run->words, run->nr_words);
}

static int report_mapping(struct bitmap_writer *writer, const struct report *report,
			  unsigned int shift, const struct dirty_store *store,
			  const struct mapping *mapping)
{
	u64 mapping_at = mapping->first >> TIDEMARK_PAGE_SHIFT;
	u64 range_at = report->first >> TIDEMARK_PAGE_SHIFT;
	struct dirty_run run;
	u64 first, last;
	int ret = 0;

	report_clip(report, mapping, &first, &last);
	while (!ret && tidemark_dirty_store_next(store, first, last, &run)) {
		u64 next = 0;

		ret = report_run(writer, shift, range_at, mapping_at + run.first, &run, &next);
		first = next - mapping_at;
	}
	return ret;
}

int tidemark_report_copy(struct tidemark_container *container, const struct report *report)
{
	unsigned int shift = container_page_shift(container) - TIDEMARK_PAGE_SHIFT;
	struct bitmap_writer writer = { .bitmap = report->bitmap };
	struct mapping *mapping;
	int ret;

	lockdep_assert_held(&container->lock);
	mappings_for_each(mapping, &container->mappings, report->first, report->last) {
		struct dirty_store everything = { .nr_pages = mapping_pages(mapping), .all = true };
		/* R5: it may have written anything, at any moment. */
		bool unseen = container->nr_unpinned_hardware > 0;

		ret = report_mapping(&writer, report, shift,
				     unseen ? &everything : &mapping->dirty, mapping);
		if (ret)
			return ret;
	}
	ret = writer_push(&writer);
	return ret ? ret : writer_flush(&writer);
}

void tidemark_report_clear(struct tidemark_container *container, const struct report *report)
{
	struct mapping *mapping;
	u64 first, last;

	lockdep_assert_held(&container->lock);
	mappings_for_each(mapping, &container->mappings, report->first, report->last) {
		report_clip(report, mapping, &first, &last);
		tidemark_dirty_store_clear(&mapping->dirty, first, last);
		tidemark_pins_mark(mapping, first, last);
	}
}
