/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The dirty store for C++, which cannot include the kernel-style dirty.h. One
 * function for each there, on a store behind a pointer.
 */
#ifndef TIDEMARK_TESTS_STORE_SHIM_H
#define TIDEMARK_TESTS_STORE_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct store_under_test;

/* Of tidemark.h's enum tidemark_store. */
enum { STORE_BITMAP, STORE_SPARSE, STORE_RANGES, STORE_PINNED };

/*
 * Alone in a container. 0 or -errno. What it leaves in @store is to be given to
 * store_drop() in any case.
 */
int store_make(int kind, uint64_t nr_pages, struct store_under_test **store);
/* The same, of the pages of @before's container that follow @before, which is dropped later. */
int store_make_behind(struct store_under_test *before, uint64_t nr_pages,
                      struct store_under_test **store);
/* Drop it, and the struct around it. */
void store_drop(struct store_under_test *store);

/* Drop the store alone, and make it again, of its kind. */
void store_empty(struct store_under_test *store);
int store_remake(struct store_under_test *store, uint64_t nr_pages);

void store_mark(struct store_under_test *store, uint64_t first, uint64_t last);
void store_mark_all(struct store_under_test *store);
void store_clear(struct store_under_test *store, uint64_t first, uint64_t last);
/* A page that is not pinned becomes so, and is not any more; as pages.c does it. */
void store_pin(struct store_under_test *store, uint64_t page);
void store_unpin(struct store_under_test *store, uint64_t page);
/* At most 64 words; returns how many, 0 if no page in the range is marked. */
unsigned store_next(struct store_under_test *store, uint64_t first, uint64_t last,
                    uint64_t *first_page, const uint64_t **words);

#ifdef __cplusplus
}
#endif

#endif
