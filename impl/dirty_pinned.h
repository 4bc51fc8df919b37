/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The dirty store that walks pins: what dirty.c makes of it, beside dirty_ranges.h.
 */
#ifndef TIDEMARK_DIRTY_PINNED_H
#define TIDEMARK_DIRTY_PINNED_H

#include "dirty_ranges.h"

/**
 * tidemark_dirty_pinned_find - find the next word with a mark or a pin, and those behind it
 * @store: which; its flag @all is not looked at
 * @page: the word of this page is the first that is looked at
 * @last: the word of this page is the last in which pins are looked for; not below @page
 * @run: what is found, which may be behind @last; no word is cut
 *
 * Return: false if there is none.
 */
bool tidemark_dirty_pinned_find(const struct dirty_store *store, u64 page, u64 last,
				struct dirty_run *run);

#endif
