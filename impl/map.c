// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Mappings are made and taken away (R15, D10).
 */
#include "private.h"

static int map_check_range(const struct tidemark_container *container,
			   const struct map_request *request)
{
	u64 mask = container_page_bytes(container) - 1;
	u64 last;

	if (!request->size || (request->size | request->iova | request->vaddr) & mask)
		return -EINVAL;
	/* Ending at 2^64 is fine, wrapping past it is not (B4). */
	if (check_add_overflow(request->iova, request->size - 1, &last) ||
	    check_add_overflow(request->vaddr, request->size - 1, &last))
		return -EINVAL;
	return 0;
}

static int map_check(const struct tidemark_container *container,
		     const struct map_request *request)
{
	u64 last = request->iova + request->size - 1;
	int ret;

	lockdep_assert_held(&container->lock);
	ret = map_check_range(container, request);
	if (ret)
		return ret;
	if (tidemark_mappings_find(&container->mappings, request->iova, last))
		return -EEXIST;
	if (container->mappings.nr_mappings >= container->dma_entry_limit)
		return -ENOSPC;
	if (!tidemark_iova_ranges_allow(&container->iova_ranges, request->iova, last))
		return -EINVAL;
	return 0;
}

static struct mapping *mapping_make(const struct map_request *request)
{
	struct mapping *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);

	if (!mapping)
		return NULL;
	mapping->first = request->iova;
	mapping->last = request->iova + request->size - 1;
	mapping->vaddr = request->vaddr;
	mapping->prot = request->prot;
	tidemark_process_get(&mapping->owner);
	return mapping;
}

static void mapping_free(struct mapping *mapping)
{
	tidemark_dirty_store_drop(&mapping->dirty);
	tidemark_process_put(&mapping->owner);
	kfree(mapping);
}

int tidemark_mapping_map(struct tidemark_container *container, const struct map_request *request)
{
	struct mapping *mapping;
	int ret;

	mutex_lock(&container->lock);
	ret = map_check(container, request);
	if (ret)
		goto unlock;

	ret = -ENOMEM;
	mapping = mapping_make(request);
	if (!mapping)
		goto unlock;

	ret = container->nr_hardware ? tidemark_domain_map(container, mapping) : 0;
	if (ret)
		goto free;

	ret = container->tracking ? tidemark_tracking_add(container, mapping) : 0;
	if (ret)
		goto unmap;

	tidemark_mappings_insert(&container->mappings, mapping);
	goto unlock;

unmap:
	if (container->nr_hardware)
		tidemark_domain_unmap(container, mapping);
free:
	mapping_free(mapping);
unlock:
	mutex_unlock(&container->lock);
	return ret;
}

void tidemark_mapping_remove(struct tidemark_container *container, struct mapping *mapping)
{
	lockdep_assert_held(&container->lock);
	if (mapping->nr_pins) {
		pr_warn_ratelimited("tidemark: %llu pinned pages dropped with their mapping\n",
				    (unsigned long long)mapping->nr_pins);
		tidemark_pins_drop(container, mapping);
	}
	if (container->nr_hardware)
		tidemark_domain_unmap(container, mapping);
	tidemark_mappings_erase(&container->mappings, mapping);
	mapping_free(mapping);
}

void tidemark_mapping_remove_all(struct tidemark_container *container)
{
	struct mapping *mapping;

	lockdep_assert_held(&container->lock);
	while ((mapping = tidemark_mappings_first_from(&container->mappings, 0)))
		tidemark_mapping_remove(container, mapping);
}
