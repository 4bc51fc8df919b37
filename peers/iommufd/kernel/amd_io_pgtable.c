// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The format of AMD's IOMMUs, version 1, in kernels where drivers/iommu/amd/io_pgtable.c is it.
 * What is around it in amd/iommu.c and iommu.c is here: a domain, splitting by page sizes, and a
 * TLB that is flushed by range.
 */
#include <stdlib.h>

#include "amd/amd_iommu.h"
#include "inside.h"

extern struct io_pgtable_init_fns io_pgtable_amd_iommu_v1_init_fns;
unsigned long amd_iommu_pgsize_bitmap = AMD_IOMMU_PGSIZES;

struct amd_domain {
	struct protection_domain domain;
	struct hardware *hardware;
};

static struct amd_domain *own(struct iommu_domain *domain)
{
	return container_of(domain, struct amd_domain, domain.domain);
}

/* What is gathered is flushed to the end of a page, as both drivers do: one page at least. */
static void flush_gathered(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	hardware_flush(own(domain)->hardware, gather->start,
		       max(gather->end, gather->start | ~PAGE_MASK));
}

/* With tracking off a query is told so; what clears all marks, which has no bitmap, is not. */
static int read_and_clear(struct iommu_domain *domain, unsigned long iova, size_t bytes,
			  unsigned long flags, struct iommu_dirty_bitmap *dirty)
{
	struct protection_domain *own_domain = to_pdomain(domain);
	struct io_pgtable_ops *ops = &own_domain->iop.pgtbl.ops;

	if (!own_domain->dirty_tracking && dirty->bitmap)
		return -EINVAL;
	return ops->read_and_clear_dirty(ops, iova, bytes, flags, dirty);
}

static int set_tracking(struct iommu_domain *domain, bool on)
{
	if (to_pdomain(domain)->dirty_tracking == on)
		return 0;
	to_pdomain(domain)->dirty_tracking = on;
	own(domain)->hardware->tracks = on;
	hardware_flush_all(own(domain)->hardware);
	return 0;
}

static const struct iommu_domain_ops domain_ops = {.iotlb_sync = flush_gathered};
static const struct iommu_dirty_ops dirty_ops = {
	.set_dirty_tracking = set_tracking,
	.read_and_clear_dirty = read_and_clear,
};

/* The table grows and is replaced in parts: what the IOMMU remembers stays right, or is told. */
void amd_iommu_update_and_flush_device_table(struct protection_domain *domain)
{
	(void)domain;
}

void amd_iommu_domain_flush_pages(struct protection_domain *domain, u64 address, size_t size)
{
	hardware_flush(own(&domain->domain)->hardware, address, address + (size - 1));
}

static struct iommu_domain *amd_alloc(struct hardware *hardware)
{
	struct amd_domain *domain = kzalloc(sizeof(*domain), GFP_KERNEL);
	struct amd_io_pgtable *table = &domain->domain.iop;

	domain->hardware = hardware;
	if (!io_pgtable_amd_iommu_v1_init_fns.alloc(&table->pgtbl.cfg, NULL))
		abort();
	domain->domain.domain.type = __IOMMU_DOMAIN_PAGING;
	domain->domain.domain.ops = &domain_ops;
	domain->domain.domain.dirty_ops = &dirty_ops;
	domain->domain.domain.pgsize_bitmap = table->pgtbl.cfg.pgsize_bitmap;
	domain->domain.domain.geometry.aperture_end = ~0ull;
	domain->domain.domain.geometry.force_aperture = true;
	return &domain->domain.domain;
}

static void amd_free(struct iommu_domain *domain)
{
	io_pgtable_amd_iommu_v1_init_fns.free(&to_pdomain(domain)->iop.pgtbl);
	kfree(own(domain));
}

static void amd_root(struct iommu_domain *domain, void **top, unsigned int *levels)
{
	*top = to_pdomain(domain)->iop.root;
	*levels = to_pdomain(domain)->iop.mode;
}

/* The largest that fits and that both addresses are aligned for. */
static u64 page_size(const struct iommu_domain *domain, u64 addresses, u64 bytes)
{
	u64 sizes = domain->pgsize_bitmap & (~0ull >> __builtin_clzll(bytes));

	if (addresses)
		sizes &= ~0ull >> (63 - __builtin_ctzll(addresses));
	return 1ull << __fls(sizes);
}

static int amd_map(struct iommu_domain *domain, u64 iova, u64 phys, u64 bytes, int prot)
{
	struct io_pgtable_ops *ops = &to_pdomain(domain)->iop.pgtbl.ops;

	while (bytes) {
		const u64 size = page_size(domain, iova | phys, bytes);
		size_t mapped = 0;
		const int error = ops->map_pages(ops, iova, phys, size, 1, prot, GFP_KERNEL, &mapped);

		if (error)
			return error;
		iova += mapped;
		phys += mapped;
		bytes -= mapped;
	}
	return 0;
}

static size_t amd_unmap(struct iommu_domain *domain, u64 iova, u64 bytes,
			struct iommu_iotlb_gather *gather)
{
	struct io_pgtable_ops *ops = &to_pdomain(domain)->iop.pgtbl.ops;
	u64 done = 0;

	while (done < bytes) {
		const u64 size = page_size(domain, iova + done, bytes - done);
		const size_t unmapped = ops->unmap_pages(ops, iova + done, size, 1, gather);

		if (!unmapped)
			break;
		iommu_iotlb_gather_add_range(gather, iova + done, unmapped);
		done += unmapped;
	}
	return done;
}

static const struct iommufd_driver amd_v1 = {
	.name = "amd-v1",
	.walk = &walk_amd_v1,
	.alloc = amd_alloc,
	.free = amd_free,
	.root = amd_root,
	.map = amd_map,
	.unmap = amd_unmap,
};
const struct iommufd_driver *const iommufd_drivers[] = {&amd_v1};
const size_t iommufd_nr_drivers = ARRAY_SIZE(iommufd_drivers);
