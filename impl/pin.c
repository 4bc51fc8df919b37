// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Looking for pinned pages.
 */
#include "pin.h"

struct pin *tidemark_pin_first_from(const struct rb_root *pins, u64 page)
{
	struct rb_node *node = pins->rb_node;
	struct pin *found = NULL;

	while (node) {
		struct pin *pin = rb_entry(node, struct pin, node);

		if (pin->page < page) {
			node = node->rb_right;
		} else {
			found = pin;
			node = node->rb_left;
		}
	}
	return found;
}

struct pin *tidemark_pin_next(const struct pin *pin)
{
	struct rb_node *node = rb_next(&pin->node);

	return rb_entry_safe(node, struct pin, node);
}
