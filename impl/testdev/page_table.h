/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a domain maps. As in hardware there are entries of some sizes, and one that is
 * unmapped in part goes as a whole.
 */
#ifndef TIDEMARK_TESTDEV_PAGE_TABLE_H
#define TIDEMARK_TESTDEV_PAGE_TABLE_H

#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/**
 * struct page_table - entries by device address
 * @lock: guards @root
 * @root: of struct table_entry
 */
struct page_table {
	spinlock_t lock;	/* guards root */
	struct rb_root root;
};

/**
 * testdev_table_init - make an empty one
 * @table: to be filled
 */
void testdev_table_init(struct page_table *table);

/**
 * testdev_table_add - add one entry
 * @table: where
 * @iova: the first byte
 * @bytes: how many
 * @address: where they lie in host memory
 * @writable: may they be written?
 * @gfp: for the entry
 *
 * Return: 0, -ENOMEM, -EEXIST.
 */
int testdev_table_add(struct page_table *table, u64 iova, u64 bytes, phys_addr_t address,
		      bool writable, gfp_t gfp);

/**
 * testdev_table_remove - take out the entry of a byte
 * @table: where
 * @iova: of any byte of it
 *
 * Return: how many bytes of the entry lie from @iova on; 0: there is none.
 */
u64 testdev_table_remove(struct page_table *table, u64 iova);

/**
 * testdev_table_find - look up a byte
 * @table: where
 * @iova: of the byte
 * @writable: may it be written? Only set if found
 *
 * Return: its address in host memory; 0: it is not mapped.
 */
phys_addr_t testdev_table_find(struct page_table *table, u64 iova, bool *writable);

/**
 * testdev_table_clear - take out all that is there
 * @table: where
 *
 * Return: how many entries.
 */
unsigned long testdev_table_clear(struct page_table *table);

#endif
