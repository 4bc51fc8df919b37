// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * An IOMMU for test guests: no hardware, domains of all kinds that programs use. It is
 * a module of its own, as an IOMMU stays loaded while it has devices.
 */
#include "iommu.h"

#include <linux/module.h>
#include <linux/platform_device.h>

#include "kinds.h"
#include "page_table.h"
#include "testdev_versions.h"

static_assert(ARRAY_SIZE(testdev_kinds) == TESTDEV_KINDS);

static struct iommu_device the_iommu;
static struct irq_domain *interrupts;
static struct fwnode_handle *interrupts_node;

/**
 * struct testdev_domain - a domain of ours
 * @domain: as Linux knows it
 * @table: what it maps
 * @kind: of the devices in it; NULL: there was none yet
 */
struct testdev_domain {
	struct iommu_domain domain;
	struct page_table table;
	const struct testdev_kind *kind;
};

static struct testdev_domain *domain_of(struct iommu_domain *domain)
{
	return container_of(domain, struct testdev_domain, domain);
}

static bool is_ours(const struct device *device)
{
	return device->bus == &platform_bus_type &&
	       !strcmp(to_platform_device(device)->name, TESTDEV_HARDWARE_NAME);
}

static const struct testdev_kind *kind_of(struct device *device)
{
	const u32 *number = dev_get_platdata(device);

	return &testdev_kinds[*number % TESTDEV_KINDS];
}

static bool testdev_capable(struct device *device, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY || TESTDEV_ISOLATES_INTERRUPTS(cap);
}

static struct iommu_domain *testdev_domain_alloc(unsigned int type)
{
	struct testdev_domain *new;

	if (type != IOMMU_DOMAIN_UNMANAGED && type != IOMMU_DOMAIN_IDENTITY &&
	    type != IOMMU_DOMAIN_BLOCKED)
		return NULL;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	testdev_table_init(&new->table);
	return &new->domain;
}

static void testdev_domain_free(struct iommu_domain *domain)
{
	struct testdev_domain *old = domain_of(domain);
	unsigned long nr_left = testdev_table_clear(&old->table);

	if (nr_left)
		pr_warn("tidemark_iommu: a domain goes with %lu entries\n", nr_left);
	kfree(old);
}

static int testdev_attach(struct iommu_domain *domain, struct device *device)
{
	struct testdev_domain *our = domain_of(domain);
	const struct testdev_kind *kind = kind_of(device);

	if (domain->type != IOMMU_DOMAIN_UNMANAGED)
		return 0;
	if (our->kind && our->kind != kind)
		return -EINVAL;
	our->kind = kind;
	domain->pgsize_bitmap = kind->pgsizes;
	domain->geometry.aperture_start = kind->aperture.first;
	domain->geometry.aperture_end = kind->aperture.last;
	domain->geometry.force_aperture = true;
	return 0;
}

static int testdev_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t address,
		       size_t pgsize, size_t nr_pages, int prot, gfp_t gfp, size_t *mapped)
{
	struct page_table *table = &domain_of(domain)->table;

	while (nr_pages--) {
		int ret = testdev_table_add(table, iova, pgsize, address, prot & IOMMU_WRITE, gfp);

		if (ret)
			return ret;
		iova += pgsize;
		address += pgsize;
		*mapped += pgsize;
	}
	return 0;
}

static size_t testdev_unmap(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			    size_t nr_pages, struct iommu_iotlb_gather *gather)
{
	struct page_table *table = &domain_of(domain)->table;
	size_t done = 0;

	while (done < pgsize * nr_pages) {
		u64 bytes = testdev_table_remove(table, iova + done);

		if (!bytes)
			break;
		done += bytes;
	}
	return done;
}

static phys_addr_t testdev_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	bool writable;

	return testdev_table_find(&domain_of(domain)->table, iova, &writable);
}

static bool testdev_enforce_coherency(struct iommu_domain *domain)
{
	return domain_of(domain)->kind->cache_coherent;
}

static struct iommu_device *testdev_probe(struct device *device)
{
	if (!is_ours(device))
		return ERR_PTR(-ENODEV);
	dev_set_msi_domain(device, interrupts);
	return &the_iommu;
}

static void testdev_release(struct device *device)
{
	dev_set_msi_domain(device, NULL);
}

static void testdev_resv_regions(struct device *device, struct list_head *list)
{
	const struct testdev_kind *kind = kind_of(device);
	u32 i;

	for (i = 0; i < kind->nr_reserved; i++) {
		const struct testdev_range *range = &kind->reserved[i];
		struct iommu_resv_region *region;

		region = iommu_alloc_resv_region(range->first, range->last - range->first + 1, 0,
						 IOMMU_RESV_RESERVED, GFP_KERNEL);
		if (region)
			list_add_tail(&region->list, list);
	}
}

static int testdev_default_type(struct device *device)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static const struct iommu_domain_ops domain_ops = {
	.attach_dev = testdev_attach,
	.map_pages = testdev_map,
	.unmap_pages = testdev_unmap,
	.iova_to_phys = testdev_iova_to_phys,
	.enforce_cache_coherency = testdev_enforce_coherency,
	.free = testdev_domain_free,
};

static const struct iommu_ops iommu_ops = {
	.owner = THIS_MODULE,
	.capable = testdev_capable,
	.domain_alloc = testdev_domain_alloc,
	.probe_device = testdev_probe,
	.release_device = testdev_release,
	.device_group = generic_device_group,
	.get_resv_regions = testdev_resv_regions,
	.def_domain_type = testdev_default_type,
	.default_domain_ops = &domain_ops,
	.pgsize_bitmap = PAGE_SIZE,
};

struct page *testdev_iommu_page(struct device *device, u64 iova)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(device);
	bool writable = false;
	phys_addr_t address;

	if (!domain || domain->type != IOMMU_DOMAIN_UNMANAGED)
		return NULL;
	address = testdev_table_find(&domain_of(domain)->table, iova, &writable);
	return writable ? pfn_to_page(PHYS_PFN(address)) : NULL;
}
EXPORT_SYMBOL_GPL(testdev_iommu_page);

/* Interrupts of its devices, of which there are none, go nowhere. */
static int interrupts_make(void)
{
	interrupts_node = irq_domain_alloc_named_fwnode("tidemark");
	if (!interrupts_node)
		return -ENOMEM;
	interrupts = irq_domain_create_linear(interrupts_node, 1, &irq_domain_simple_ops, NULL);
	if (!interrupts) {
		irq_domain_free_fwnode(interrupts_node);
		return -ENOMEM;
	}
	interrupts->flags |= TESTDEV_IRQ_DOMAIN_FLAGS;
	return 0;
}

static void interrupts_drop(void)
{
	irq_domain_remove(interrupts);
	irq_domain_free_fwnode(interrupts_node);
}

static int __init testdev_iommu_init(void)
{
	int ret = interrupts_make();

	if (ret)
		return ret;
	ret = iommu_device_sysfs_add(&the_iommu, NULL, NULL, "tidemark-iommu");
	if (ret)
		goto drop_interrupts;
	ret = iommu_device_register(&the_iommu, &iommu_ops, NULL);
	if (ret)
		goto remove_sysfs;
	pr_info("tidemark_iommu: an IOMMU that protects nothing: for test guests only\n");
	return 0;

remove_sysfs:
	iommu_device_sysfs_remove(&the_iommu);
drop_interrupts:
	interrupts_drop();
	return ret;
}

static void __exit testdev_iommu_exit(void)
{
	iommu_device_unregister(&the_iommu);
	iommu_device_sysfs_remove(&the_iommu);
	interrupts_drop();
}

module_init(testdev_iommu_init);
module_exit(testdev_iommu_exit);

MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("An IOMMU without hardware, for test guests only");
