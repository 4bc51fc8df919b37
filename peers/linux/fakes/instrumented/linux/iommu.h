/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * IOMMUs as a list of what is mapped: they refuse what they are not aligned for,
 * warn of what is mapped twice, and unmap pages in the sizes in which they would
 * have mapped them. Groups of one kind can share a domain.
 */
#ifndef LINUX_PEER_IOMMU_H
#define LINUX_PEER_IOMMU_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/slab.h>

#include "../circumstances.h"

#define IOMMU_READ 1
#define IOMMU_WRITE 2
#define IOMMU_CACHE 4

enum iommu_cap {
	IOMMU_CAP_CACHE_COHERENCY,
	IOMMU_CAP_INTR_REMAP,
};
enum iommu_resv_type {
	IOMMU_RESV_DIRECT,
	IOMMU_RESV_DIRECT_RELAXABLE,
	IOMMU_RESV_RESERVED,
	IOMMU_RESV_MSI,
	IOMMU_RESV_SW_MSI,
};
struct iommu_resv_region {
	struct list_head list;
	phys_addr_t start;
	size_t length;
	int prot;
	enum iommu_resv_type type;
};
struct iommu_domain;
struct iommu_domain_ops {
	bool (*enforce_cache_coherency)(struct iommu_domain *domain);
};
struct iommu_domain_geometry {
	dma_addr_t aperture_start;
	dma_addr_t aperture_end;
};
struct linux_hardware;
struct iommu_domain {
	const struct iommu_domain_ops *ops;
	unsigned long pgsize_bitmap;
	struct iommu_domain_geometry geometry;
	const struct linux_hardware *kind;
	struct iommu_peer_range *ranges; /* by iova; disjoint */
	size_t nr_ranges, room;
	size_t asked; /* the range that was asked for last: mostly the next, too */
};
struct iommu_group {
	const struct linux_hardware *kind;
	struct iommu_domain *domain; /* that it is attached to */
	bool emulated, hardware;     /* attached to the container as */
	struct device device;
};
struct iommu_iotlb_gather {
	int none;
};

int linux_peer_iommu_map(struct iommu_domain *domain, dma_addr_t iova, phys_addr_t phys,
			 size_t bytes, int prot);
/* 6.12 also says how to allocate page tables. */
#define iommu_map(domain, iova, phys, bytes, prot, ...) \
	linux_peer_iommu_map(domain, iova, phys, bytes, prot)
size_t iommu_unmap(struct iommu_domain *domain, dma_addr_t iova, size_t bytes);
phys_addr_t iommu_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova);

/* Nothing is cached: unmapping is never put off. */
static inline size_t iommu_unmap_fast(struct iommu_domain *domain, dma_addr_t iova, size_t bytes,
				      struct iommu_iotlb_gather *gather)
{
	(void)gather;
	return iommu_unmap(domain, iova, bytes);
}
static inline void iommu_iotlb_gather_init(struct iommu_iotlb_gather *gather)
{
	gather->none = 0;
}
static inline void iommu_iotlb_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	(void)domain;
	(void)gather;
}

struct iommu_domain *linux_peer_domain_alloc(const struct device *device);
#define iommu_paging_domain_alloc(device) linux_peer_domain_alloc(device)
/* 6.1 passes the bus, which is in the device and stands for it. */
#define iommu_domain_alloc(from) linux_peer_domain_alloc(container_of(&(from), struct device, bus))
void iommu_domain_free(struct iommu_domain *domain);
int iommu_attach_group(struct iommu_domain *domain, struct iommu_group *group);
void iommu_detach_group(struct iommu_domain *domain, struct iommu_group *group);
int iommu_get_group_resv_regions(struct iommu_group *group, struct list_head *head);

/* A group is one device here. */
static inline int iommu_group_for_each_dev(struct iommu_group *group, void *data,
					   int (*call)(struct device *, void *))
{
	return call(&group->device, data);
}

/* What all groups have, or none. */
static inline int iommu_enable_nesting(struct iommu_domain *domain)
{
	(void)domain;
	return linux_peer_now()->nests ? 0 : -EINVAL;
}
static inline int iommu_get_msi_cookie(struct iommu_domain *domain, dma_addr_t base)
{
	(void)domain;
	(void)base;
	return linux_peer_now()->msi_fails ? -ENOMEM : -ENODEV;
}
static inline bool device_iommu_capable(struct device *device, enum iommu_cap capability)
{
	(void)device;
	(void)capability;
	return linux_peer_now()->interrupts == LINUX_REMAPPED_BY_IOMMU;
}
static inline bool iommu_group_has_isolated_msi(struct iommu_group *group)
{
	(void)group;
	return linux_peer_now()->interrupts != LINUX_UNSAFE;
}

#endif
