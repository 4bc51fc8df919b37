/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Marks, clears and queries of one dirty store without a container around it, for C++,
 * which cannot include the kernel-style dirty.h. Loops are here, so that the calls of the
 * store are all that is in them.
 */
#ifndef TIDEMARK_BENCH_STORES_MARKS_H
#define TIDEMARK_BENCH_STORES_MARKS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench_store;

/* In which order pages are marked. All but @DENSE mark single pages. */
enum bench_order { IN_ORDER, RANDOM, ALTERNATING, DENSE, BENCH_ORDERS };

/* An empty store of a kind (tidemark.h), for @nr_pages; NULL without memory. */
struct bench_store *bench_store_make(int kind, uint64_t nr_pages);
void bench_store_free(struct bench_store *store);

/* @count calls, each of which marks a page, or with DENSE 512 of them. */
void bench_store_mark(struct bench_store *store, enum bench_order order, uint64_t count);
/* Of all pages. */
void bench_store_clear(struct bench_store *store);

#ifdef __cplusplus
}
#endif

#endif
