/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Hardware groups as Linux has them, with an IOMMU domain each.
 */
#ifndef TIDEMARK_HARDWARE_GROUP_H
#define TIDEMARK_HARDWARE_GROUP_H

#include <linux/iommu.h>

#include "tidemark.h"

/**
 * struct hardware_group - a group of devices behind an IOMMU
 * @iommu_group: which
 * @domain: its devices are in this domain from make to release, in no other group's
 * @info: what the tracker is told; info.domain is @domain
 *
 * All of it is constant.
 */
struct hardware_group {
	struct iommu_group *iommu_group;
	struct iommu_domain *domain;
	struct tidemark_group_info info;
};

/**
 * tidemark_hardware_group_make - put a group's devices into a domain that maps nothing
 * @iommu_group: VFIO owns its DMA
 * @group: where to put it; untouched on failure
 *
 * Return: 0, -ENOMEM, -EIO if there is no domain for it, -EPERM if its devices could
 * send any interrupt, or what the IOMMU's driver says.
 */
int tidemark_hardware_group_make(struct iommu_group *iommu_group,
				 struct hardware_group **group);

/**
 * tidemark_hardware_group_release - its devices reach nothing any more
 * @group: keeps its domain, with all that is mapped there
 */
void tidemark_hardware_group_release(struct hardware_group *group);

/**
 * tidemark_hardware_group_free - free it and its domain
 * @group: released; nothing is mapped there any more
 */
void tidemark_hardware_group_free(struct hardware_group *group);

#endif
