// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A domain for each hardware group, and what the tracker has to know of it.
 */
#include "hardware_group.h"

#include <linux/sort.h>

#include "linux_versions.h"
#include "tidemark_limits.h"
#include "tidemark_os.h"

static_assert(TIDEMARK_READ == IOMMU_READ && TIDEMARK_WRITE == IOMMU_WRITE);

static int domain_map(void *data, __u64 iova, __u64 pfn, __u64 nr_pages, int prot)
{
	struct iommu_domain *domain = data;
	u64 smallest = (u64)1 << __ffs(domain->pgsize_bitmap);
	phys_addr_t address = PFN_PHYS(pfn);
	size_t bytes = nr_pages << PAGE_SHIFT;

	/* The IOMMU core says so as well, but loudly, and a user chose the address. */
	if ((iova | address | bytes) & (smallest - 1))
		return -EINVAL;
	cond_resched();
	return iommu_map_accounted(domain, iova, address, bytes, prot | IOMMU_CACHE);
}

static void domain_unmap(void *data, __u64 iova, __u64 nr_pages)
{
	size_t bytes = nr_pages << PAGE_SHIFT;

	WARN_ON_ONCE(iommu_unmap(data, iova, bytes) != bytes);
	cond_resched();
}

/* At least 1, whatever the IOMMU says: the caller goes on behind. */
static __u64 domain_lookup(void *data, __u64 iova, __u64 nr_pages, __u64 *pfn)
{
	phys_addr_t address = iommu_iova_to_phys(data, iova);
	u64 run = 1;

	while (run < nr_pages && iommu_iova_to_phys(data, iova + (run << PAGE_SHIFT)) ==
				 address + (run << PAGE_SHIFT))
		run++;
	*pfn = PHYS_PFN(address);
	return run;
}

static const struct tidemark_iommu_ops iommu_ops = {
	.map = domain_map,
	.unmap = domain_unmap,
	.lookup = domain_lookup,
};

/* Any device of the group will do. */
static int domain_of_first(struct device *device, void *data)
{
	struct iommu_domain **domain = data;

	*domain = iommu_domain_for(device);
	return 1;
}

static int range_compare(const void *one, const void *other)
{
	const struct tidemark_iova_range *a = one, *b = other;

	return a->first < b->first ? -1 : a->first > b->first;
}

/* Ranges of different kinds may overlap. How many are left. */
static u32 ranges_join(struct tidemark_iova_range *ranges, u32 nr_ranges)
{
	u32 i, nr_joined = 0;

	sort(ranges, nr_ranges, sizeof(*ranges), range_compare, NULL);
	for (i = 0; i < nr_ranges; i++) {
		struct tidemark_iova_range *before = ranges + nr_joined - 1;

		if (nr_joined && ranges[i].first <= before->last)
			before->last = max(before->last, ranges[i].last);
		else
			ranges[nr_joined++] = ranges[i];
	}
	return nr_joined;
}

static bool region_counts(const struct iommu_resv_region *region)
{
	/*
	 * Of length 0 from 0 on is all there is: 2^64 does not fit. Relaxable: the firmware
	 * needs it, but not once somebody else has the device.
	 */
	return (region->length || !region->start) && region->type != IOMMU_RESV_DIRECT_RELAXABLE;
}

static int regions_copy(struct list_head *regions, struct tidemark_group_info *info)
{
	struct tidemark_iova_range *ranges;
	struct iommu_resv_region *region;
	u32 nr_ranges = 0;

	list_for_each_entry(region, regions, list)
		nr_ranges += region_counts(region);
	ranges = kcalloc(nr_ranges, sizeof(*ranges), GFP_KERNEL_ACCOUNT);
	if (!ranges)
		return -ENOMEM;

	nr_ranges = 0;
	list_for_each_entry(region, regions, list) {
		if (!region_counts(region))
			continue;
		ranges[nr_ranges].first = region->start;
		ranges[nr_ranges++].last = region->start + region->length - 1;
	}
	info->nr_reserved = ranges_join(ranges, nr_ranges);
	info->reserved = ranges;
	return 0;
}

static int reserved_get(struct iommu_group *iommu_group, struct tidemark_group_info *info)
{
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	int ret = iommu_get_group_resv_regions(iommu_group, &regions);

	if (!ret)
		ret = regions_copy(&regions, info);
	list_for_each_entry_safe(region, next, &regions, list) {
		list_del(&region->list);
		kfree(region);
	}
	return ret;
}

/* What a domain can do is known once a device is in it. */
static int info_fill(struct iommu_group *iommu_group, struct iommu_domain *domain,
		     struct tidemark_group_info *info)
{
	const struct iommu_domain_ops *ops = domain->ops;

	if (!iommu_group_isolates_interrupts(iommu_group)) {
		pr_warn_ratelimited("tidemark: a group without isolated interrupts is refused\n");
		return -EPERM;
	}

	info->flags = TIDEMARK_GROUP_HARDWARE;
	if (ops->enforce_cache_coherency && ops->enforce_cache_coherency(domain))
		info->flags |= TIDEMARK_GROUP_CACHE_COHERENT;
	info->pgsizes = domain->pgsize_bitmap;
	info->aperture.first = domain->geometry.aperture_start;
	info->aperture.last = domain->geometry.aperture_end;
	info->iommu = &iommu_ops;
	info->domain = domain;
	return reserved_get(iommu_group, info);
}

int tidemark_hardware_group_make(struct iommu_group *iommu_group,
				 struct hardware_group **group)
{
	struct iommu_domain *domain = ERR_PTR(-EIO);
	struct hardware_group *new;
	int ret;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;

	iommu_group_for_each_dev(iommu_group, &domain, domain_of_first);
	ret = PTR_ERR_OR_ZERO(domain);
	if (ret)
		goto free_group;
	ret = iommu_attach_group(domain, iommu_group);
	if (ret)
		goto free_domain;
	ret = info_fill(iommu_group, domain, &new->info);
	if (ret)
		goto detach;

	new->iommu_group = iommu_group;
	new->domain = domain;
	*group = new;
	return 0;

detach:
	iommu_detach_group(domain, iommu_group);
free_domain:
	iommu_domain_free(domain);
free_group:
	kfree(new);
	return ret;
}

void tidemark_hardware_group_release(struct hardware_group *group)
{
	iommu_detach_group(group->domain, group->iommu_group);
}

void tidemark_hardware_group_free(struct hardware_group *group)
{
	iommu_domain_free(group->domain);
	kfree(group->info.reserved);
	kfree(group);
}
