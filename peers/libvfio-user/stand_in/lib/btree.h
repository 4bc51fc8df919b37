/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Values by key, ascending. An array. */
#ifndef STAND_IN_BTREE_H
#define STAND_IN_BTREE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
	struct btree_entry {
		uintptr_t key;
		void *value;
	} *entries;
	size_t size;
} btree_t;

typedef struct {
	btree_t *tree;
	size_t at;
} btree_iter_t;

void btree_init(btree_t *tree);
void btree_destroy(btree_t *tree);
size_t btree_size(btree_t *tree);

/* At the first entry from @key on. */
void btree_iter_init(btree_t *tree, uintptr_t key, btree_iter_t *iter);
/* The value there, or null at the end; and its key, if @key is not null. */
void *btree_iter_get(btree_iter_t *iter, uintptr_t *key);
void *btree_iter_next(btree_iter_t *iter);
/* Where the iterator is. 0, or -1 for want of memory. */
int btree_iter_insert(btree_iter_t *iter, uintptr_t key, void *value);
void *btree_iter_remove(btree_iter_t *iter);

#endif
