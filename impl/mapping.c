// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mapping.h"

struct mapping *tidemark_mappings_first_from(const struct mapping_tree *tree, u64 iova)
{
	struct rb_node *node = tree->root.rb_node;
	struct mapping *found = NULL;

	while (node) {
		struct mapping *mapping = rb_entry(node, struct mapping, node);

		if (mapping->last < iova) {
			node = node->rb_right;
		} else {
			found = mapping;
			node = node->rb_left;
		}
	}
	return found;
}

struct mapping *tidemark_mappings_find(const struct mapping_tree *tree, u64 first, u64 last)
{
	struct mapping *mapping = tidemark_mappings_first_from(tree, first);

	return mapping && mapping->first <= last ? mapping : NULL;
}

struct mapping *tidemark_mappings_next(const struct mapping *mapping, u64 last)
{
	struct rb_node *node = rb_next(&mapping->node);
	struct mapping *next = rb_entry_safe(node, struct mapping, node);

	return next && next->first <= last ? next : NULL;
}

bool tidemark_mappings_cut(const struct mapping_tree *tree, u64 first, u64 last)
{
	struct mapping *mapping = tidemark_mappings_find(tree, first, first);

	if (mapping && mapping->first != first)
		return true;
	mapping = tidemark_mappings_find(tree, last, last);
	return mapping && mapping->last != last;
}

void tidemark_mappings_insert(struct mapping_tree *tree, struct mapping *mapping)
{
	struct rb_node **link = &tree->root.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (mapping->first < rb_entry(parent, struct mapping, node)->first)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&mapping->node, parent, link);
	rb_insert_color(&mapping->node, &tree->root);
	tree->nr_mappings++;
}

void tidemark_mappings_erase(struct mapping_tree *tree, struct mapping *mapping)
{
	rb_erase(&mapping->node, &tree->root);
	tree->nr_mappings--;
}
