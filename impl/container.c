// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The life of a container, and a look into it.
 */
#include "private.h"

static bool store_exists(enum tidemark_store store)
{
	return store == TIDEMARK_STORE_BITMAP || store == TIDEMARK_STORE_SPARSE ||
	       store == TIDEMARK_STORE_RANGES || store == TIDEMARK_STORE_PINNED;
}

static int config_check(const struct tidemark_config *config)
{
	if (!store_exists(config->store))
		return -EINVAL;
	if (config->type != VFIO_TYPE1_IOMMU && config->type != VFIO_TYPE1v2_IOMMU)
		return -EINVAL;

	switch (config->range_rule) {
	case TIDEMARK_RANGE_EXACT:
	case TIDEMARK_RANGE_WHOLE:
	case TIDEMARK_RANGE_ANY:
		return 0;
	default:
		return -EINVAL;
	}
}

int tidemark_container_create(const struct tidemark_config *config,
			      struct tidemark_container **container)
{
	struct tidemark_container *new;
	int ret = config_check(config);

	if (ret)
		return ret;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;

	mutex_init(&new->lock);
	new->v2 = config->type == VFIO_TYPE1v2_IOMMU;
	new->range_rule = config->range_rule;
	new->dma_entry_limit = config->dma_entry_limit;
	new->marks.kind = config->store;
	new->pgsizes = ~(TIDEMARK_PAGE_BYTES - 1);
	INIT_LIST_HEAD(&new->groups);
	*container = new;
	return 0;
}

void tidemark_container_destroy(struct tidemark_container *container)
{
	struct group *group, *next;

	mutex_lock(&container->lock);
	WARN_ON(container->devices);
	tidemark_mapping_remove_all(container);
	list_for_each_entry_safe(group, next, &container->groups, node) {
		list_del(&group->node);
		kfree(group);
	}
	tidemark_iova_ranges_drop(&container->iova_ranges);
	mutex_unlock(&container->lock);
	mutex_destroy(&container->lock);
	kfree(container);
}

void tidemark_container_stats(struct tidemark_container *container,
			      struct tidemark_stats *stats)
{
	mutex_lock(&container->lock);
	stats->pgsizes = container->pgsizes;
	stats->pinned_pages = container->pinned_pages;
	stats->locked_pages = container->locked_pages;
	stats->nr_mappings = container->mappings.nr_mappings;
	stats->dma_avail = container->dma_entry_limit - container->mappings.nr_mappings;
	stats->nr_groups = container->nr_groups;
	stats->tracking = container->tracking;
	mutex_unlock(&container->lock);
}

/* Pages page..page + nr_pages - 1 of a mapping. */
static void pages_visit(const struct mapping *mapping, const struct tidemark_visitor *visitor,
			u64 page, u64 nr_pages)
{
	u64 iova = mapping->first + (page << TIDEMARK_PAGE_SHIFT);

	visitor->marks(visitor->context, iova, iova + (nr_pages << TIDEMARK_PAGE_SHIFT) - 1);
}

/* Run by run: a mapping of 2^31 dirty pages has to come to an end. */
static void word_visit(const struct mapping *mapping, const struct tidemark_visitor *visitor,
		       u64 page, u64 bits)
{
	while (bits) {
		unsigned int begin = __ffs(bits);
		u64 clean = ~bits & (~(u64)0 << begin);
		unsigned int end = clean ? __ffs(clean) : TIDEMARK_WORD_BITS;

		pages_visit(mapping, visitor, page + begin, end - begin);
		bits = clean ? bits & (~(u64)0 << end) : 0;
	}
}

static void marks_visit(const struct mapping *mapping, const struct tidemark_visitor *visitor)
{
	u64 page = 0, last_page = mapping_pages(mapping) - 1;
	struct dirty_run run;
	unsigned int i;
	u64 nr_pages;

	if (mapping->dirty.all) {
		visitor->marks(visitor->context, mapping->first, mapping->last);
		return;
	}
	while (tidemark_dirty_store_next(&mapping->dirty, page, last_page, &run)) {
		page = run.first;
		if (run.words == tidemark_dirty_words_all) {
			nr_pages = run.nr_words * TIDEMARK_WORD_BITS;
			pages_visit(mapping, visitor, page, nr_pages);
			page += nr_pages;
			continue;
		}
		for (i = 0; i < run.nr_words; i++, page += TIDEMARK_WORD_BITS)
			word_visit(mapping, visitor, page, run.words[i]);
	}
}

void tidemark_container_visit(struct tidemark_container *container,
			      const struct tidemark_visitor *visitor)
{
	struct mapping *mapping;

	mutex_lock(&container->lock);
	mappings_for_all(mapping, &container->mappings) {
		visitor->mapping(visitor->context, mapping->first, mapping->last,
				 mapping->vaddr, mapping->prot);
		tidemark_pins_visit(mapping, visitor);
		/* Not "if tracking": marks that STOP forgot are to be seen. */
		if (mapping->dirty.nr_pages)
			marks_visit(mapping, visitor);
	}
	mutex_unlock(&container->lock);
}
