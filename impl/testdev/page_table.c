// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "page_table.h"

#include <linux/slab.h>

/**
 * struct table_entry - bytes that are mapped together
 * @node: in page_table.root
 * @first: the first byte
 * @last: the last byte
 * @address: of the first byte in host memory
 * @writable: may they be written?
 */
struct table_entry {
	struct rb_node node;
	u64 first;
	u64 last;
	phys_addr_t address;
	bool writable;
};

void testdev_table_init(struct page_table *table)
{
	spin_lock_init(&table->lock);
	table->root = RB_ROOT;
}

static struct table_entry *entry_find(const struct page_table *table, u64 iova)
{
	struct rb_node *node = table->root.rb_node;

	while (node) {
		struct table_entry *entry = rb_entry(node, struct table_entry, node);

		if (iova < entry->first)
			node = node->rb_left;
		else if (iova > entry->last)
			node = node->rb_right;
		else
			return entry;
	}
	return NULL;
}

/* Return: false if it overlaps one that is there. */
static bool entry_insert(struct page_table *table, struct table_entry *entry)
{
	struct rb_node **link = &table->root.rb_node, *parent = NULL;

	while (*link) {
		struct table_entry *other = rb_entry(*link, struct table_entry, node);

		parent = *link;
		if (entry->last < other->first)
			link = &parent->rb_left;
		else if (entry->first > other->last)
			link = &parent->rb_right;
		else
			return false;
	}
	rb_link_node(&entry->node, parent, link);
	rb_insert_color(&entry->node, &table->root);
	return true;
}

int testdev_table_add(struct page_table *table, u64 iova, u64 bytes, phys_addr_t address,
		      bool writable, gfp_t gfp)
{
	struct table_entry *entry = kmalloc(sizeof(*entry), gfp);
	bool added;

	if (!entry)
		return -ENOMEM;
	entry->first = iova;
	entry->last = iova + bytes - 1;
	entry->address = address;
	entry->writable = writable;
	spin_lock(&table->lock);
	added = entry_insert(table, entry);
	spin_unlock(&table->lock);
	if (!added)
		kfree(entry);
	return added ? 0 : -EEXIST;
}

u64 testdev_table_remove(struct page_table *table, u64 iova)
{
	struct table_entry *entry;
	u64 bytes = 0;

	spin_lock(&table->lock);
	entry = entry_find(table, iova);
	if (entry) {
		bytes = entry->last - iova + 1;
		rb_erase(&entry->node, &table->root);
	}
	spin_unlock(&table->lock);
	kfree(entry);
	return bytes;
}

phys_addr_t testdev_table_find(struct page_table *table, u64 iova, bool *writable)
{
	struct table_entry *entry;
	phys_addr_t address = 0;

	spin_lock(&table->lock);
	entry = entry_find(table, iova);
	if (entry) {
		address = entry->address + (iova - entry->first);
		*writable = entry->writable;
	}
	spin_unlock(&table->lock);
	return address;
}

unsigned long testdev_table_clear(struct page_table *table)
{
	struct table_entry *entry, *next;
	unsigned long nr_entries = 0;

	rbtree_postorder_for_each_entry_safe(entry, next, &table->root, node) {
		kfree(entry);
		nr_entries++;
	}
	table->root = RB_ROOT;
	return nr_entries;
}
