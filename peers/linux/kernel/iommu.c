// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* IOMMUs as type1 sees them: domains that map ranges of pages (fakes/instrumented/linux/iommu.h). */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

struct iommu_peer_range {
	dma_addr_t first, last; /* bytes, inclusive */
	phys_addr_t phys;       /* of the first byte */
	int prot;
};

/* The index of the first range that ends at or after @iova. */
static size_t find(const struct iommu_domain *domain, dma_addr_t iova)
{
	size_t low = 0, high = domain->nr_ranges;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (domain->ranges[middle].last < iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct iommu_domain *domain, size_t at, struct iommu_peer_range range)
{
	if (domain->nr_ranges == domain->room) {
		domain->room = domain->room ? 2 * domain->room : 8;
		domain->ranges =
			realloc(domain->ranges, domain->room * sizeof(*domain->ranges));
		if (!domain->ranges)
			abort();
	}
	memmove(domain->ranges + at + 1, domain->ranges + at,
		(domain->nr_ranges - at) * sizeof(*domain->ranges));
	domain->ranges[at] = range;
	++domain->nr_ranges;
}

static void erase(struct iommu_domain *domain, size_t at)
{
	--domain->nr_ranges;
	memmove(domain->ranges + at, domain->ranges + at + 1,
		(domain->nr_ranges - at) * sizeof(*domain->ranges));
}

int linux_peer_iommu_map(struct iommu_domain *domain, dma_addr_t iova, phys_addr_t phys,
			 size_t bytes, int prot)
{
	const unsigned long smallest = domain->pgsize_bitmap & -domain->pgsize_bitmap;
	const dma_addr_t last = iova + (bytes - 1);
	const size_t at = find(domain, iova);

	if ((iova | phys | bytes) & (smallest - 1))
		return -EINVAL;
	/* Whether large pages work is tried with a page of type1's own. */
	if (phys != LINUX_PEER_OWN_PFN << PAGE_SHIFT &&
	    linux_peer->world->iommu_map_fails(linux_peer->world->context))
		return -ENOMEM;
	if (WARN_ON(at < domain->nr_ranges && domain->ranges[at].first <= last))
		return -EEXIST;
	insert(domain, at, (struct iommu_peer_range){iova, last, phys, prot});
	return 0;
}

/* The largest page around @iova that an IOMMU could have used in @range. */
static struct iommu_peer_range page_at(const struct iommu_domain *domain,
				       const struct iommu_peer_range *range, dma_addr_t iova)
{
	const __u64 shift = range->phys - range->first;

	for (unsigned long sizes = domain->pgsize_bitmap; sizes;) {
		const unsigned long size = 1ul << (63 - __builtin_clzl(sizes));
		const dma_addr_t first = iova & ~(size - 1);

		sizes &= ~size;
		if (shift & (size - 1) || first < range->first || range->last - first < size - 1)
			continue;
		return (struct iommu_peer_range){first, first + (size - 1), first + shift,
						 range->prot};
	}
	return *range;
}

/*
 * Ends at the first byte that is not mapped. A large page goes as a whole. The
 * kernel turns down what is no multiple of the domain's smallest page. If this did,
 * a domain with 8 KiB pages would keep for good what vfio_test_domain_fgsp() maps,
 * and warn whenever it met that again; no IOMMU of that kind is known.
 */
size_t iommu_unmap(struct iommu_domain *domain, dma_addr_t iova, size_t bytes)
{
	size_t unmapped = 0;

	if (linux_peer_now()->fail_unmap) {
		--linux_peer_now()->fail_unmap;
		return 0;
	}
	while (unmapped < bytes) {
		const dma_addr_t from = iova + unmapped;
		const size_t at = find(domain, from);
		struct iommu_peer_range range, gone;

		if (at == domain->nr_ranges || domain->ranges[at].first > from)
			break;
		range = gone = domain->ranges[at];
		if (range.first != from || range.last - from >= bytes - unmapped)
			gone = page_at(domain, &range, from);
		erase(domain, at);
		if (gone.last < range.last)
			insert(domain, at,
			       (struct iommu_peer_range){gone.last + 1, range.last,
							 range.phys + (gone.last + 1 - range.first),
							 range.prot});
		if (range.first < gone.first)
			insert(domain, at,
			       (struct iommu_peer_range){range.first, gone.first - 1, range.phys,
							 range.prot});
		unmapped += gone.last - from + 1;
	}
	return unmapped;
}

phys_addr_t iommu_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	const struct iommu_peer_range *range;

	if (domain->asked >= domain->nr_ranges || domain->ranges[domain->asked].first > iova ||
	    domain->ranges[domain->asked].last < iova)
		domain->asked = find(domain, iova);
	if (domain->asked == domain->nr_ranges)
		return 0;
	range = &domain->ranges[domain->asked];
	return range->first > iova ? 0 : range->phys + (iova - range->first);
}

void linux_peer_visit_domain(const struct iommu_domain *domain, void *context,
			     void (*range)(void *context, __u64 iova, __u64 pfn, __u64 nr_pages,
					   int prot))
{
	for (size_t i = 0; i < domain->nr_ranges; ++i) {
		const struct iommu_peer_range *r = &domain->ranges[i];

		range(context, r->first, r->phys >> PAGE_SHIFT,
		      (r->last - r->first + 1) >> PAGE_SHIFT, r->prot & ~IOMMU_CACHE);
	}
}

static bool enforce_cache_coherency(struct iommu_domain *domain)
{
	return domain->kind->cache_coherent;
}

/* The IOMMU driver's own allocations do not fail: only type1 is on trial. */
struct iommu_domain *linux_peer_domain_alloc(const struct device *device)
{
	static const struct iommu_domain_ops ops = {
		.enforce_cache_coherency = enforce_cache_coherency,
	};
	const struct linux_hardware *kind = container_of(device, struct iommu_group, device)->kind;
	struct iommu_domain *domain = calloc(1, sizeof(*domain));

	if (!domain)
		abort();
	if (linux_peer_now()->no_domain) {
		free(domain);
		return LINUX_VERSION >= 612 ? ERR_PTR(-ENOMEM) : NULL;
	}
	domain->ops = &ops;
	domain->pgsize_bitmap = kind->pgsizes;
	domain->geometry.aperture_start = kind->aperture_first;
	domain->geometry.aperture_end = kind->aperture_last;
	domain->kind = kind;
	return domain;
}

/* What is mapped still goes with it. */
void iommu_domain_free(struct iommu_domain *domain)
{
	free(domain->ranges);
	free(domain);
}

/* IOMMUs of different kinds cannot share page tables. */
int iommu_attach_group(struct iommu_domain *domain, struct iommu_group *group)
{
	if (linux_peer_now()->fail_attach && !--linux_peer_now()->fail_attach)
		return -ENODEV;
	if (group->domain)
		return -EBUSY;
	if (domain->kind != group->kind)
		return -EINVAL;
	group->domain = domain;
	return 0;
}

void iommu_detach_group(struct iommu_domain *domain, struct iommu_group *group)
{
	WARN_ON(group->domain != domain);
	group->domain = NULL;
}

static int reserve(struct list_head *head, u64 first, u64 last)
{
	static const enum iommu_resv_type types[] = {
		[LINUX_RESERVED] = IOMMU_RESV_RESERVED,
		[LINUX_RELAXABLE] = IOMMU_RESV_DIRECT_RELAXABLE,
		[LINUX_MSI] = IOMMU_RESV_MSI,
		[LINUX_SOFTWARE_MSI] = IOMMU_RESV_SW_MSI,
	};
	struct iommu_resv_region *region = kzalloc(sizeof(*region), GFP_KERNEL);

	if (!region)
		return -ENOMEM;
	region->start = first;
	region->length = last - first + 1;
	region->type = types[linux_peer_now()->reserved];
	list_add_tail(&region->list, head);
	return 0;
}

/* No region has a length of 2^64: that much are two. */
int iommu_get_group_resv_regions(struct iommu_group *group, struct list_head *head)
{
	for (unsigned int i = 0; i < group->kind->nr_reserved; ++i) {
		const u64 last = group->kind->reserved[i].last;
		u64 first = group->kind->reserved[i].first;

		if (!(last - first + 1)) {
			if (reserve(head, first, last / 2))
				return -ENOMEM;
			first = last / 2 + 1;
		}
		if (reserve(head, first, last))
			return -ENOMEM;
	}
	return 0;
}
