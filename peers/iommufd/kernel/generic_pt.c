// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * AMD's and Intel's formats in kernels where drivers/iommu/generic_pt/ has them. What is around
 * them in amd/iommu.c, intel/iommu.c and iommu-pages.c is here: domains, a TLB that is flushed by
 * range, and pages of tables.
 */
#include <linux/generic_pt/iommu.h>
#include <stdlib.h>

#include "inside.h"
#include "iommu-pages.h"

struct generic_domain {
	union {
		struct iommu_domain domain;
		struct pt_iommu iommu;
		struct pt_iommu_amdv1 amd;
		struct pt_iommu_vtdss vtd;
	};
	struct hardware *hardware;
	spinlock_t lock;
};

static struct generic_domain *own(struct iommu_domain *domain)
{
	return container_of(domain, struct generic_domain, domain);
}

/* --- Pages of tables --- */

void *iommu_alloc_pages_node_sz(int nid, gfp_t gfp, size_t size)
{
	(void)nid;
	(void)gfp;
	return size <= PAGE_SIZE ? iommufd_peer_page_alloc() : NULL;
}

void iommu_free_pages(void *page)
{
	iommufd_peer_page_free(page);
}

void iommu_put_pages_list(struct iommu_pages_list *list)
{
	struct ioptdesc *page, *next;

	list_for_each_entry_safe(page, next, &list->pages, iopt_freelist_elm)
		iommufd_peer_page_free(page_address((struct page *)page));
	INIT_LIST_HEAD(&list->pages);
}

int iommu_pages_start_incoherent(void *page, struct device *device)
{
	(void)page;
	(void)device;
	return 0;
}

int iommu_pages_start_incoherent_list(struct iommu_pages_list *list, struct device *device)
{
	(void)list;
	(void)device;
	return 0;
}

/* --- Domains --- */

/* What is gathered is flushed to the end of a page, as both drivers do: one page at least. */
static void flush_gathered(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	hardware_flush(own(domain)->hardware, gather->start,
		       max(gather->end, gather->start | ~PAGE_MASK));
	iommu_put_pages_list(&gather->freelist);
}

static int set_tracking(struct iommu_domain *domain, bool on)
{
	struct hardware *hardware = own(domain)->hardware;

	if (hardware->tracks == on)
		return 0;
	hardware->tracks = on;
	hardware_flush_all(hardware);
	return 0;
}

static void change_top(struct pt_iommu *table, phys_addr_t top, unsigned int level)
{
	(void)table;
	(void)top;
	(void)level;
}

static spinlock_t *top_lock(struct pt_iommu *table)
{
	return &container_of(table, struct generic_domain, iommu)->lock;
}

static const struct pt_iommu_driver_ops driver_ops = {
	.change_top = change_top,
	.get_top_lock = top_lock,
};
static const struct iommu_domain_ops amd_ops = {
	IOMMU_PT_DOMAIN_OPS(amdv1),
	.iotlb_sync = flush_gathered,
};
static const struct iommu_domain_ops vtd_ops = {
	IOMMU_PT_DOMAIN_OPS(vtdss),
	.iotlb_sync = flush_gathered,
};
static const struct iommu_dirty_ops amd_dirty_ops = {
	IOMMU_PT_DIRTY_OPS(amdv1),
	.set_dirty_tracking = set_tracking,
};
static const struct iommu_dirty_ops vtd_dirty_ops = {
	IOMMU_PT_DIRTY_OPS(vtdss),
	.set_dirty_tracking = set_tracking,
};

static struct generic_domain *new_domain(struct hardware *hardware)
{
	struct generic_domain *domain = kzalloc(sizeof(*domain), GFP_KERNEL);

	domain->hardware = hardware;
	domain->iommu.driver_ops = &driver_ops;
	domain->iommu.nid = NUMA_NO_NODE;
	return domain;
}

static struct iommu_domain *amd_alloc(struct hardware *hardware)
{
	struct generic_domain *domain = new_domain(hardware);
	const struct pt_iommu_amdv1_cfg cfg = {
		.common = {.features = BIT(PT_FEAT_DYNAMIC_TOP) |
				       BIT(PT_FEAT_AMDV1_ENCRYPT_TABLES) |
				       BIT(PT_FEAT_AMDV1_FORCE_COHERENCE) | BIT(PT_FEAT_FLUSH_RANGE),
			   .hw_max_vasz_lg2 = 64,
			   .hw_max_oasz_lg2 = 52},
		.starting_level = 2,
	};

	if (pt_iommu_amdv1_init(&domain->amd, &cfg, GFP_KERNEL))
		abort();
	domain->domain.ops = &amd_ops;
	domain->domain.dirty_ops = &amd_dirty_ops;
	return &domain->domain;
}

static struct iommu_domain *vtd_alloc(struct hardware *hardware)
{
	struct generic_domain *domain = new_domain(hardware);
	const struct pt_iommu_vtdss_cfg cfg = {
		.common = {.features = BIT(PT_FEAT_FLUSH_RANGE),
			   .hw_max_vasz_lg2 = 48,
			   .hw_max_oasz_lg2 = 52},
		.top_level = 3,
	};

	if (pt_iommu_vtdss_init(&domain->vtd, &cfg, GFP_KERNEL))
		abort();
	domain->domain.ops = &vtd_ops;
	domain->domain.dirty_ops = &vtd_dirty_ops;
	return &domain->domain;
}

static void generic_free(struct iommu_domain *domain)
{
	pt_iommu_deinit(&own(domain)->iommu);
	kfree(own(domain));
}

static void amd_root(struct iommu_domain *domain, void **top, unsigned int *levels)
{
	struct pt_iommu_amdv1_hw_info info;

	pt_iommu_amdv1_hw_info(&own(domain)->amd, &info);
	*top = phys_to_virt(info.host_pt_root);
	*levels = info.mode;
}

/* 1 is a table of three levels. */
static void vtd_root(struct iommu_domain *domain, void **top, unsigned int *levels)
{
	struct pt_iommu_vtdss_hw_info info;

	pt_iommu_vtdss_hw_info(&own(domain)->vtd, &info);
	*top = phys_to_virt(info.ssptptr);
	*levels = info.aw + 2;
}

static int generic_map(struct iommu_domain *domain, u64 iova, u64 phys, u64 bytes, int prot)
{
	struct pt_iommu *table = &own(domain)->iommu;
	struct iommu_iotlb_gather gather;
	size_t mapped = 0;
	const int error = table->ops->map_range(table, iova, phys, bytes, prot, GFP_KERNEL, &mapped);

	if (error && mapped) {
		iommu_iotlb_gather_init(&gather);
		table->ops->unmap_range(table, iova, mapped, &gather);
		iommu_iotlb_sync(domain, &gather);
	}
	return error;
}

static size_t generic_unmap(struct iommu_domain *domain, u64 iova, u64 bytes,
			    struct iommu_iotlb_gather *gather)
{
	struct pt_iommu *table = &own(domain)->iommu;

	return table->ops->unmap_range(table, iova, bytes, gather);
}

static const struct iommufd_driver amd_v1 = {
	.name = "amd-v1",
	.walk = &walk_amd_v1,
	.alloc = amd_alloc,
	.free = generic_free,
	.root = amd_root,
	.map = generic_map,
	.unmap = generic_unmap,
};
static const struct iommufd_driver vtd_ss = {
	.name = "vtd-ss",
	.walk = &walk_vtd_ss,
	.alloc = vtd_alloc,
	.free = generic_free,
	.root = vtd_root,
	.map = generic_map,
	.unmap = generic_unmap,
};
const struct iommufd_driver *const iommufd_drivers[] = {&amd_v1, &vtd_ss};
const size_t iommufd_nr_drivers = ARRAY_SIZE(iommufd_drivers);
