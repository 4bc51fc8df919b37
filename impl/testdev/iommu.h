/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the emulated devices ask of their IOMMU beyond what Linux's IOMMU layer has.
 */
#ifndef TIDEMARK_TESTDEV_IOMMU_H
#define TIDEMARK_TESTDEV_IOMMU_H

#include <linux/device.h>

#define TESTDEV_KINDS 8

/* Platform devices of this name get a group of the kind whose number is their platform data. */
#define TESTDEV_HARDWARE_NAME "tidemark-hardware"

/**
 * testdev_iommu_page - the page that a device's write would go to
 * @device: with the name above
 * @iova: of a byte in the page
 *
 * Return: the page, or NULL if it may not write there.
 */
struct page *testdev_iommu_page(struct device *device, u64 iova);

#endif
