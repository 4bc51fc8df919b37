// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Which addresses all hardware groups can reach.
 */
#include "container.h"

/* What is left of @window without [first, last]: nothing, one or two parts. */
static u32 window_parts(const struct tidemark_iova_range *window, u64 first, u64 last,
			struct tidemark_iova_range *parts)
{
	u32 nr_parts = 0;

	if (window->first < first) {
		parts[nr_parts].first = window->first;
		parts[nr_parts++].last = first - 1;
	}
	if (window->last > last) {
		parts[nr_parts].first = last + 1;
		parts[nr_parts++].last = window->last;
	}
	return nr_parts;
}

static void window_replace(struct iova_windows *windows, u32 i,
			   const struct tidemark_iova_range *parts, u32 nr_parts)
{
	struct tidemark_iova_range *window = &windows->windows[i];

	memmove(window + nr_parts, window + 1,
		(windows->nr_windows - i - 1) * sizeof(*window));
	memcpy(window, parts, nr_parts * sizeof(*parts));
	windows->nr_windows += nr_parts - 1;
}

static void window_exclude(struct iova_windows *windows, u64 first, u64 last)
{
	struct tidemark_iova_range parts[2];
	u32 i = 0;

	while (i < windows->nr_windows) {
		const struct tidemark_iova_range *window = &windows->windows[i];
		u32 nr_parts = 1;

		if (first <= window->last && last >= window->first) {
			nr_parts = window_parts(window, first, last, parts);
			window_replace(windows, i, parts, nr_parts);
		}
		i += nr_parts;
	}
}

static void window_exclude_group(struct iova_windows *windows,
				 const struct tidemark_group_info *info)
{
	u32 i;

	if (info->aperture.first)
		window_exclude(windows, 0, info->aperture.first - 1);
	if (~info->aperture.last)
		window_exclude(windows, info->aperture.last + 1, ~(u64)0);
	for (i = 0; i < info->nr_reserved; i++)
		window_exclude(windows, info->reserved[i].first, info->reserved[i].last);
}

/* Leaving a range out makes at most one window more. */
static size_t windows_room(const struct list_head *groups)
{
	const struct group *group;
	size_t room = 1;

	list_for_each_entry(group, groups, node)
		room += group->info.nr_reserved;
	return room;
}

void windows_refresh(struct iova_windows *windows, const struct list_head *groups)
{
	const struct group *group;

	windows->nr_windows = 1;
	windows->windows[0].first = 0;
	windows->windows[0].last = ~(u64)0;
	list_for_each_entry(group, groups, node) {
		if (group_is_hardware(group))
			window_exclude_group(windows, &group->info);
	}
}

int windows_make(struct iova_windows *windows, const struct list_head *groups)
{
	windows->windows = kvzalloc(windows_room(groups) * sizeof(*windows->windows),
				    GFP_KERNEL_ACCOUNT);
	if (!windows->windows)
		return -ENOMEM;

	windows_refresh(windows, groups);
	if (windows->nr_windows)
		return 0;

	windows_drop(windows);
	return -EINVAL;
}

void windows_drop(struct iova_windows *windows)
{
	kvfree(windows->windows);
	windows->windows = NULL;
	windows->nr_windows = 0;
}

bool windows_allow(const struct iova_windows *windows, u64 first, u64 last)
{
	u32 i;

	if (!windows->nr_windows)
		return true;
	for (i = 0; i < windows->nr_windows; i++) {
		if (first >= windows->windows[i].first && last <= windows->windows[i].last)
			return true;
	}
	return false;
}
