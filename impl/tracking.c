// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Tracking on and off (R1, R2). While it is on, every mapping has a store.
 */
#include "private.h"

int tidemark_tracking_add(struct tidemark_container *container, struct mapping *mapping)
{
	u64 pages_of_p = mapping_bytes(mapping) >> container_page_shift(container);
	u64 nr_pages = mapping_pages(mapping);
	int ret;

	lockdep_assert_held(&container->lock);
	if (pages_of_p > TIDEMARK_TRACKED_PAGES_MAX)
		return -EINVAL;
	if (nr_pages > TIDEMARK_MARKED_PAGES_MAX)
		return -ENOMEM;

	ret = tidemark_dirty_store_make(&mapping->dirty, &container->marks,
					mapping->first >> TIDEMARK_PAGE_SHIFT, nr_pages,
					&mapping->pins);
	if (!ret)
		tidemark_pins_mark(mapping, 0, nr_pages - 1);
	return ret;
}

static void stores_drop(struct tidemark_container *container)
{
	struct mapping *mapping;

	mappings_for_all(mapping, &container->mappings)
		tidemark_dirty_store_drop(&mapping->dirty);
}

int tidemark_tracking_start(struct tidemark_container *container)
{
	struct mapping *mapping;
	int ret;

	lockdep_assert_held(&container->lock);
	if (container->tracking)
		return 0;

	mappings_for_all(mapping, &container->mappings) {
		ret = tidemark_tracking_add(container, mapping);
		if (ret) {
			stores_drop(container);
			return ret;
		}
	}
	container->tracking = true;
	return 0;
}

void tidemark_tracking_stop(struct tidemark_container *container)
{
	lockdep_assert_held(&container->lock);
	container->tracking = false;
	stores_drop(container);
}

void tidemark_tracking_mark_everything(struct tidemark_container *container)
{
	struct mapping *mapping;

	lockdep_assert_held(&container->lock);
	if (!container->tracking)
		return;
	mappings_for_all(mapping, &container->mappings)
		tidemark_dirty_store_mark_all(&mapping->dirty);
}
