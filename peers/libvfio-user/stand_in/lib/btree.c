// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "btree.h"

#include <stdlib.h>
#include <string.h>

void btree_init(btree_t *tree)
{
	tree->entries = NULL;
	tree->size = 0;
}

void btree_destroy(btree_t *tree)
{
	free(tree->entries);
	btree_init(tree);
}

size_t btree_size(btree_t *tree)
{
	return tree->size;
}

void btree_iter_init(btree_t *tree, uintptr_t key, btree_iter_t *iter)
{
	iter->tree = tree;
	iter->at = 0;
	while (iter->at < tree->size && tree->entries[iter->at].key < key)
		++iter->at;
}

void *btree_iter_get(btree_iter_t *iter, uintptr_t *key)
{
	if (iter->at >= iter->tree->size)
		return NULL;
	if (key)
		*key = iter->tree->entries[iter->at].key;
	return iter->tree->entries[iter->at].value;
}

void *btree_iter_next(btree_iter_t *iter)
{
	++iter->at;
	return btree_iter_get(iter, NULL);
}

int btree_iter_insert(btree_iter_t *iter, uintptr_t key, void *value)
{
	btree_t *tree = iter->tree;
	struct btree_entry *entries;

	entries = realloc(tree->entries, (tree->size + 1) * sizeof(*entries));
	if (!entries)
		return -1;
	memmove(entries + iter->at + 1, entries + iter->at,
		(tree->size - iter->at) * sizeof(*entries));
	entries[iter->at].key = key;
	entries[iter->at].value = value;
	tree->entries = entries;
	++tree->size;
	return 0;
}

void *btree_iter_remove(btree_iter_t *iter)
{
	void *value = btree_iter_get(iter, NULL);
	struct btree_entry *entries = iter->tree->entries;

	if (!value)
		return NULL;
	--iter->tree->size;
	memmove(entries + iter->at, entries + iter->at + 1,
		(iter->tree->size - iter->at) * sizeof(*entries));
	return value;
}
