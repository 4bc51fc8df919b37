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

struct tidemark_store;

/* 0 or -errno. What it leaves in @store is to be given to store_drop() in any case. */
int store_make(uint64_t nr_pages, struct tidemark_store **store);
/* Drop it, and the struct around it. */
void store_drop(struct tidemark_store *store);

/* Drop the store alone, and make it again. */
void store_empty(struct tidemark_store *store);
int store_remake(struct tidemark_store *store, uint64_t nr_pages);

void store_mark(struct tidemark_store *store, uint64_t first, uint64_t last);
void store_mark_all(struct tidemark_store *store);
void store_clear(struct tidemark_store *store, uint64_t first, uint64_t last);
bool store_next(const struct tidemark_store *store, uint64_t first, uint64_t last,
                uint64_t *word_first, uint64_t *word_bits);

/* Its one allocation. */
void *store_memory(const struct tidemark_store *store);

#ifdef __cplusplus
}
#endif

#endif
