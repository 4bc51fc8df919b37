/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which addresses all hardware groups can reach. The container's lock guards its
 * ranges.
 */
#ifndef TIDEMARK_IOVA_RANGES_H
#define TIDEMARK_IOVA_RANGES_H

#include "tidemark_os.h"
#include "tidemark.h"

/**
 * struct iova_ranges - addresses that all hardware groups can reach
 * @ranges: ascending and disjoint
 * @nr_ranges: how many; while 0, all addresses can be reached (no hardware group
 *	       has joined yet)
 */
struct iova_ranges {
	struct tidemark_iova_range *ranges;
	u32 nr_ranges;
};

/**
 * tidemark_iova_ranges_make - find the addresses that all hardware groups can reach
 * @allowed: what is left of all addresses when the groups' apertures are met and
 *	     their reserved ranges left out
 * @groups: all that are attached; emulated ones reach everything
 *
 * Cost: O(n^2) for n reserved ranges.
 *
 * Return: 0, -EINVAL if nothing is left, -ENOMEM; on failure @allowed is not made.
 */
int tidemark_iova_ranges_make(struct iova_ranges *allowed, const struct list_head *groups);

/**
 * tidemark_iova_ranges_refresh - the same once some of those groups have left
 * @allowed: made with these groups and more; in place, as more is allowed now
 * @groups: those that are still there
 */
void tidemark_iova_ranges_refresh(struct iova_ranges *allowed, const struct list_head *groups);

/**
 * tidemark_iova_ranges_drop - allow everything
 * @allowed: its memory is freed; one not made is left as it is
 */
void tidemark_iova_ranges_drop(struct iova_ranges *allowed);

/**
 * tidemark_iova_ranges_allow - is [first, last] inside one range?
 * @allowed: made or not
 * @first: the first byte
 * @last: the last byte
 *
 * Cost: O(ranges).
 *
 * Return: that.
 */
bool tidemark_iova_ranges_allow(const struct iova_ranges *allowed, u64 first, u64 last);

#endif
