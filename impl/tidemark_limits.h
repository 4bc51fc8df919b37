/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Every constant of the tracker, and how they relate.
 */
#ifndef TIDEMARK_LIMITS_H
#define TIDEMARK_LIMITS_H

#include "tidemark_os.h"

/*
 * Pins and marks are kept per page of 4 KiB, whatever page size the IOMMU
 * offers (docs/contract.md, D1). Byte addresses become page numbers below 2^52.
 */
#define TIDEMARK_PAGE_SHIFT		12
#define TIDEMARK_PAGE_BYTES		((u64)1 << TIDEMARK_PAGE_SHIFT)

/* Pages of one pin or unpin. More is -E2BIG (B9). */
#define TIDEMARK_PIN_PAGES_MAX		512

/*
 * Pages of P in one tracked mapping. More is -EINVAL (R1, R15): it is the
 * largest range that a bitmap of TIDEMARK_BITMAP_BYTES_MAX can answer for.
 */
#define TIDEMARK_TRACKED_PAGES_MAX	((u64)INT_MAX)
#define TIDEMARK_BITMAP_BYTES_MAX	((u64)1 << 28)

/*
 * Pages of 4 KiB in one tracked mapping. More is -ENOMEM (D4), and possible
 * only where P is larger: 1 GiB of marks in one allocation is where we stop.
 */
#define TIDEMARK_MARKED_PAGES_MAX	((u64)1 << 33)

/* Rounds in which an unmap asks devices for their pins before -EBUSY (B8). */
#define TIDEMARK_UNMAP_PASSES_MAX	11

/* Bitmap words gathered on the stack between two copies to the user. */
#define TIDEMARK_BOUNCE_WORDS		64

/* Words have 64 bits; a level of the marks has one bit a word of the next. */
#define TIDEMARK_WORD_SHIFT		6
#define TIDEMARK_WORD_BITS		64
#define TIDEMARK_MARK_LEVELS_MAX	6

/* Sparse marks: a node has 2^5 parts, one of the lowest level 64 words; so many levels. */
#define TIDEMARK_SPARSE_NODE_SHIFT	5
#define TIDEMARK_SPARSE_LEVELS_MAX	6

static_assert(PAGE_SHIFT == TIDEMARK_PAGE_SHIFT, "pins are host pages");
static_assert(TIDEMARK_WORD_BITS == (u64)1 << TIDEMARK_WORD_SHIFT, "a shift divides by it");
static_assert(sizeof(long) == sizeof(u64), "bitmaps have native 64-bit words");
static_assert(TIDEMARK_TRACKED_PAGES_MAX <= TIDEMARK_BITMAP_BYTES_MAX * 8,
	      "a bitmap answers for the largest mapping");
static_assert(TIDEMARK_MARKED_PAGES_MAX >= TIDEMARK_TRACKED_PAGES_MAX,
	      "with the smallest P, only the first limit counts");
static_assert(TIDEMARK_MARKED_PAGES_MAX / 8 * 64 / 63 + 8 * TIDEMARK_MARK_LEVELS_MAX < INT_MAX,
	      "all levels of the largest mapping are one kvzalloc()");
static_assert(TIDEMARK_MARKED_PAGES_MAX - 1 <
	      (u64)1 << (TIDEMARK_WORD_SHIFT * TIDEMARK_MARK_LEVELS_MAX),
	      "the topmost level of the largest mapping is one word");
static_assert(TIDEMARK_MARKED_PAGES_MAX <=
	      (u64)1 << (2 * TIDEMARK_WORD_SHIFT +
			 (TIDEMARK_SPARSE_LEVELS_MAX - 1) * TIDEMARK_SPARSE_NODE_SHIFT),
	      "one entry stands for the largest mapping");

#endif
