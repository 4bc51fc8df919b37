// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Which addresses all hardware groups can reach.
 */
#include "private.h"

/* What is left of @range without [first, last]: nothing, one or two parts. */
static u32 range_parts(const struct tidemark_iova_range *range, u64 first, u64 last,
		       struct tidemark_iova_range *parts)
{
	u32 nr_parts = 0;

	if (range->first < first) {
		parts[nr_parts].first = range->first;
		parts[nr_parts++].last = first - 1;
	}
	if (range->last > last) {
		parts[nr_parts].first = last + 1;
		parts[nr_parts++].last = range->last;
	}
	return nr_parts;
}

static void range_replace(struct iova_ranges *allowed, u32 i,
			  const struct tidemark_iova_range *parts, u32 nr_parts)
{
	struct tidemark_iova_range *range = &allowed->ranges[i];

	memmove(range + nr_parts, range + 1,
		array_size(allowed->nr_ranges - i - 1, sizeof(*range)));
	memcpy(range, parts, array_size(nr_parts, sizeof(*parts)));
	allowed->nr_ranges += nr_parts - 1;
}

static void range_exclude(struct iova_ranges *allowed, u64 first, u64 last)
{
	struct tidemark_iova_range parts[2];
	u32 i = 0;

	while (i < allowed->nr_ranges) {
		const struct tidemark_iova_range *range = &allowed->ranges[i];
		u32 nr_parts = 1;

		if (first <= range->last && last >= range->first) {
			nr_parts = range_parts(range, first, last, parts);
			range_replace(allowed, i, parts, nr_parts);
		}
		i += nr_parts;
	}
}

static void range_exclude_group(struct iova_ranges *allowed,
				const struct tidemark_group_info *info)
{
	u32 i;

	if (info->aperture.first)
		range_exclude(allowed, 0, info->aperture.first - 1);
	if (~info->aperture.last)
		range_exclude(allowed, info->aperture.last + 1, ~(u64)0);
	for (i = 0; i < info->nr_reserved; i++)
		range_exclude(allowed, info->reserved[i].first, info->reserved[i].last);
}

/* Leaving a range out makes at most one range more. */
static size_t ranges_room(const struct list_head *groups)
{
	const struct group *group;
	size_t room = 1;

	list_for_each_entry(group, groups, node)
		room += group->info.nr_reserved;
	return room;
}

void tidemark_iova_ranges_refresh(struct iova_ranges *allowed, const struct list_head *groups)
{
	const struct group *group;

	allowed->nr_ranges = 1;
	allowed->ranges[0].first = 0;
	allowed->ranges[0].last = ~(u64)0;
	list_for_each_entry(group, groups, node) {
		if (group_is_hardware(group))
			range_exclude_group(allowed, &group->info);
	}
}

int tidemark_iova_ranges_make(struct iova_ranges *allowed, const struct list_head *groups)
{
	allowed->ranges = kvcalloc(ranges_room(groups), sizeof(*allowed->ranges),
				   GFP_KERNEL_ACCOUNT);
	if (!allowed->ranges)
		return -ENOMEM;

	tidemark_iova_ranges_refresh(allowed, groups);
	if (allowed->nr_ranges)
		return 0;

	tidemark_iova_ranges_drop(allowed);
	return -EINVAL;
}

void tidemark_iova_ranges_drop(struct iova_ranges *allowed)
{
	kvfree(allowed->ranges);
	allowed->ranges = NULL;
	allowed->nr_ranges = 0;
}

bool tidemark_iova_ranges_allow(const struct iova_ranges *allowed, u64 first, u64 last)
{
	u32 i;

	if (!allowed->nr_ranges)
		return true;
	for (i = 0; i < allowed->nr_ranges; i++) {
		if (first >= allowed->ranges[i].first && last <= allowed->ranges[i].last)
			return true;
	}
	return false;
}
