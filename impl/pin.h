/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The tree of a mapping's pinned pages: what pages.c changes, and a dirty store of kind
 * pinned looks into. The container's lock guards it.
 */
#ifndef TIDEMARK_PIN_H
#define TIDEMARK_PIN_H

#include "tidemark_limits.h"

/**
 * struct pin - a page that drivers hold
 * @node: in mapping.pins, by @page
 * @page: number of the page in its mapping
 * @pfn: host page
 * @count: pins of this page; not 0
 */
struct pin {
	struct rb_node node;
	u64 page;
	u64 pfn;
	u64 count;
};

/**
 * tidemark_pin_first_from - find the pin of the lowest page from one on
 * @pins: mapping.pins
 * @page: number of that page
 *
 * Cost: O(log pins).
 *
 * Return: it, or NULL.
 */
struct pin *tidemark_pin_first_from(const struct rb_root *pins, u64 page);

/**
 * tidemark_pin_next - find the pin of the next page that has one
 * @pin: of the page before
 *
 * Cost: O(1) on average.
 *
 * Return: it, or NULL.
 */
struct pin *tidemark_pin_next(const struct pin *pin);

#endif
