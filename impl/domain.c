// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Mappings in the domains of hardware groups. The domains remember which host
 * pages they were given; the first one is asked when the pages go back.
 */
#include "private.h"

static struct group *first_hardware(struct tidemark_container *container)
{
	struct group *group;

	list_for_each_entry(group, &container->groups, node) {
		if (group_is_hardware(group))
			return group;
	}
	return NULL;
}

static int domain_map_run(const struct group *group, u64 iova, u64 pfn, u64 nr_pages, int prot)
{
	return group->info.iommu->map(group->info.domain, iova, pfn, nr_pages, prot);
}

static void domain_unmap_run(const struct group *group, u64 iova, u64 nr_pages)
{
	group->info.iommu->unmap(group->info.domain, iova, nr_pages);
}

/* From every hardware group before @end in the list; NULL is all of them. */
static void domains_unmap_run(struct tidemark_container *container, const struct group *end,
			      u64 iova, u64 nr_pages)
{
	const struct group *group;

	list_for_each_entry(group, &container->groups, node) {
		if (group == end)
			break;
		if (group_is_hardware(group))
			domain_unmap_run(group, iova, nr_pages);
	}
}

static int domains_map_run(struct tidemark_container *container, u64 iova, u64 pfn,
			   u64 nr_pages, int prot)
{
	const struct group *group;
	int ret;

	list_for_each_entry(group, &container->groups, node) {
		if (!group_is_hardware(group))
			continue;
		ret = domain_map_run(group, iova, pfn, nr_pages, prot);
		if (ret) {
			domains_unmap_run(container, group, iova, nr_pages);
			return ret;
		}
	}
	return 0;
}

/* Pages [page, page + nr_pages) of the mapping go out of all domains and back. */
static void pages_unmap(struct tidemark_container *container, struct mapping *mapping,
			u64 page, u64 nr_pages)
{
	const struct tidemark_group_info *info = &first_hardware(container)->info;
	bool write = mapping->prot & TIDEMARK_WRITE;

	while (nr_pages) {
		u64 iova = mapping->first + (page << TIDEMARK_PAGE_SHIFT);
		u64 pfn, run = info->iommu->lookup(info->domain, iova, nr_pages, &pfn);

		domains_unmap_run(container, NULL, iova, run);
		tidemark_process_unpin(&mapping->owner, pfn, run, write);
		tidemark_pages_uncharge(container, mapping,
					run - tidemark_pins_count(mapping, page, page + run - 1));
		page += run;
		nr_pages -= run;
	}
}

/*
 * As many pages from @page on as lie in consecutive host pages: pin, account
 * (pages that a device holds are on the account already), map.
 * Return: how many, or -errno.
 */
static s64 run_map(struct tidemark_container *container, struct mapping *mapping,
		   struct tidemark_batch *batch, u64 page, u64 nr_pages)
{
	u64 offset = page << TIDEMARK_PAGE_SHIFT;
	bool write = mapping->prot & TIDEMARK_WRITE;
	u64 pfn, charge;
	s64 run, ret;

	run = tidemark_batch_pin(batch, mapping->vaddr + offset, nr_pages, &pfn);
	if (run < 0)
		return run;

	charge = run - tidemark_pins_count(mapping, page, page + run - 1);
	ret = tidemark_pages_charge(container, mapping, charge);
	if (ret)
		goto unpin;

	ret = domains_map_run(container, mapping->first + offset, pfn, run, mapping->prot);
	if (ret)
		goto uncharge;
	return run;

uncharge:
	tidemark_pages_uncharge(container, mapping, charge);
unpin:
	tidemark_process_unpin(&mapping->owner, pfn, run, write);
	return ret;
}

int tidemark_domain_map(struct tidemark_container *container, struct mapping *mapping)
{
	u64 nr_pages = mapping_pages(mapping);
	struct tidemark_batch batch;
	u64 done = 0;
	s64 run = 0;

	lockdep_assert_held(&container->lock);
	tidemark_batch_begin(&batch, &mapping->owner, nr_pages, mapping->prot & TIDEMARK_WRITE);
	while (done < nr_pages) {
		run = run_map(container, mapping, &batch, done, nr_pages - done);
		if (run < 0)
			break;
		done += run;
	}
	tidemark_batch_end(&batch);
	if (run >= 0)
		return 0;

	pages_unmap(container, mapping, 0, done);
	return run;
}

void tidemark_domain_unmap(struct tidemark_container *container, struct mapping *mapping)
{
	lockdep_assert_held(&container->lock);
	pages_unmap(container, mapping, 0, mapping_pages(mapping));
}

int tidemark_domain_share(struct tidemark_container *container, struct mapping *mapping,
			  const struct group *group)
{
	const struct tidemark_group_info *info = &first_hardware(container)->info;
	u64 nr_pages = mapping_pages(mapping);
	u64 done = 0;

	lockdep_assert_held(&container->lock);
	while (done < nr_pages) {
		u64 iova = mapping->first + (done << TIDEMARK_PAGE_SHIFT);
		u64 pfn, run = info->iommu->lookup(info->domain, iova, nr_pages - done, &pfn);
		int ret = domain_map_run(group, iova, pfn, run, mapping->prot);

		if (ret) {
			if (done)
				domain_unmap_run(group, mapping->first, done);
			return ret;
		}
		done += run;
	}
	return 0;
}

void tidemark_domain_unshare(struct mapping *mapping, const struct group *group)
{
	domain_unmap_run(group, mapping->first, mapping_pages(mapping));
}
