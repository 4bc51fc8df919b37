/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What differs between Linux 6.1 and 6.12 for the test devices.
 */
#ifndef TIDEMARK_TESTDEV_VERSIONS_H
#define TIDEMARK_TESTDEV_VERSIONS_H

#include <linux/iommu.h>
#include <linux/irqdomain.h>
#include <linux/version.h>
#include <linux/vfio.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)

#define TESTDEV_ISOLATES_INTERRUPTS(cap) ((cap) == IOMMU_CAP_INTR_REMAP)
#define TESTDEV_IRQ_DOMAIN_FLAGS IRQ_DOMAIN_FLAG_MSI_REMAP
/* The driver frees what VFIO allocated, and there is no iommufd yet. */
#define TESTDEV_VFIO_OPS(kind) .release = vfio_free_device

#else

#define TESTDEV_ISOLATES_INTERRUPTS(cap) false
#define TESTDEV_IRQ_DOMAIN_FLAGS IRQ_DOMAIN_FLAG_ISOLATED_MSI
#define TESTDEV_VFIO_OPS(kind)					\
	.bind_iommufd = vfio_iommufd_##kind##_bind,		\
	.unbind_iommufd = vfio_iommufd_##kind##_unbind,		\
	.attach_ioas = vfio_iommufd_##kind##_attach_ioas,	\
	.detach_ioas = vfio_iommufd_##kind##_detach_ioas

#endif

#endif
