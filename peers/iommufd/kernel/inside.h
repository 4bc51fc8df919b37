/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the parts of the kernel around a page table share: a table, its hardware, its format. */
#ifndef IOMMUFD_INSIDE_H
#define IOMMUFD_INSIDE_H

#include <linux/iommu.h>

#include "hardware.h"
#include "iommufd_kernel.h"

/* A domain of one format: what is the tree's own. The domain comes first in what alloc() returns. */
struct iommufd_driver {
	const char *name;
	const struct walk_format *walk;
	struct iommu_domain *(*alloc)(struct hardware *hardware);
	void (*free)(struct iommu_domain *domain);
	/* Where the hardware finds the table: its top page, and how many levels there are. */
	void (*root)(struct iommu_domain *domain, void **top, unsigned int *levels);
	/* Of one run of host memory. */
	int (*map)(struct iommu_domain *domain, u64 iova, u64 phys, u64 bytes, int prot);
	size_t (*unmap)(struct iommu_domain *domain, u64 iova, u64 bytes,
			struct iommu_iotlb_gather *gather);
};
extern const struct iommufd_driver *const iommufd_drivers[];
extern const size_t iommufd_nr_drivers;

/* The memory's side (memory.c). */
void iommufd_memory_begin(void);
size_t iommufd_memory_left(void);
void iommufd_memory_missing(int page);
unsigned char *iommufd_memory_user(void);
const unsigned short *iommufd_memory_touched(size_t *nr_pages);
void iommufd_memory_forget(void);

/* What a call was ended by (core.c). */
_Noreturn void iommufd_stop(const char *what, const char *where);
/* To be called in each round of loops that might not end: counts, and ends the call. */
void iommufd_step(const char *where);

#endif
