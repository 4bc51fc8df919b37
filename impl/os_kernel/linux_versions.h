/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What differs between the versions of Linux that the tracker builds for, 6.1 to
 * 6.12, and what VFIO keeps to itself. No other file asks for the version.
 */
#ifndef TIDEMARK_LINUX_VERSIONS_H
#define TIDEMARK_LINUX_VERSIONS_H

#include <linux/iommu.h>
#include <linux/irqdomain.h>
#include <linux/mm.h>
#include <linux/msi.h>
#include <linux/version.h>

/* 6.5 took away the argument for VMAs. */
static inline long pin_user_pages_of(struct mm_struct *mm, unsigned long vaddr,
				     unsigned long nr_pages, unsigned int flags,
				     struct page **pages)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return pin_user_pages_remote(mm, vaddr, nr_pages, flags, pages, NULL, NULL);
#else
	return pin_user_pages_remote(mm, vaddr, nr_pages, flags, pages, NULL);
#endif
}

/* 6.3 asks whose memory the page tables are to be. */
static inline int iommu_map_accounted(struct iommu_domain *domain, unsigned long iova,
				      phys_addr_t address, size_t bytes, int prot)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	return iommu_map(domain, iova, address, bytes, prot);
#else
	return iommu_map(domain, iova, address, bytes, prot, GFP_KERNEL_ACCOUNT);
#endif
}

/* 6.11 asks the device, not its bus, and says what went wrong. */
static inline struct iommu_domain *iommu_domain_for(struct device *device)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	struct iommu_domain *domain = iommu_domain_alloc(device->bus);

	return domain ? domain : ERR_PTR(-EIO);
#else
	return iommu_paging_domain_alloc(device);
#endif
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline int device_remaps_interrupts(struct device *device, void *unused)
{
	return device_iommu_capable(device, IOMMU_CAP_INTR_REMAP);
}
#endif

/*
 * Do interrupts that the group's devices write go nowhere but where they may? 6.3
 * gave the question to the interrupt's domain alone.
 */
static inline bool iommu_group_isolates_interrupts(struct iommu_group *group)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	return irq_domain_check_msi_remap() ||
	       iommu_group_for_each_dev(group, NULL, device_remaps_interrupts);
#else
	return iommu_group_has_isolated_msi(group);
#endif
}

/* --- What VFIO asks of an IOMMU driver: drivers/vfio/vfio.h is not for modules --- */

struct vfio_device;

/**
 * enum vfio_group_type - what a group is to VFIO
 * @VFIO_IOMMU: devices behind an IOMMU
 * @VFIO_EMULATED_IOMMU: devices that only reach memory through the container
 * @VFIO_NO_IOMMU: devices that reach everything; never given to a driver
 */
enum vfio_group_type {
	VFIO_IOMMU,
	VFIO_EMULATED_IOMMU,
	VFIO_NO_IOMMU,
};

/**
 * struct vfio_iommu_driver_ops - an IOMMU driver, in the order in which VFIO has them
 * @name: of the driver
 * @owner: stays loaded while it serves a container
 * @open: Make a container of type @type.
 * @release: It has no group any more.
 * @ioctl: What VFIO does not answer; @container is NULL if there is none yet.
 * @attach_group: A group joins.
 * @detach_group: It leaves.
 * @pin_pages: For a driver's device.
 * @unpin_pages: As it says.
 * @register_device: A device is opened.
 * @unregister_device: It has been closed.
 * @dma_rw: For a driver's device.
 * @group_iommu_domain: Nobody calls it.
 * @notify: The container's file is closed. Optional; 6.2 took it away.
 */
struct vfio_iommu_driver_ops {
	char *name;
	struct module *owner;
	void *(*open)(unsigned long type);
	void (*release)(void *container);
	long (*ioctl)(void *container, unsigned int command, unsigned long argument);
	int (*attach_group)(void *container, struct iommu_group *group,
			    enum vfio_group_type type);
	void (*detach_group)(void *container, struct iommu_group *group);
	int (*pin_pages)(void *container, struct iommu_group *group, dma_addr_t iova,
			 int nr_pages, int prot, struct page **pages);
	void (*unpin_pages)(void *container, dma_addr_t iova, int nr_pages);
	void (*register_device)(void *container, struct vfio_device *device);
	void (*unregister_device)(void *container, struct vfio_device *device);
	int (*dma_rw)(void *container, dma_addr_t iova, void *data, size_t bytes, bool write);
	struct iommu_domain *(*group_iommu_domain)(void *container, struct iommu_group *group);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	void (*notify)(void *container, int event);
#endif
};

/**
 * vfio_register_iommu_driver - be asked for containers, before all who came earlier
 * @ops: constant until it is unregistered
 *
 * Return: 0, -ENOMEM, -EINVAL.
 */
int vfio_register_iommu_driver(const struct vfio_iommu_driver_ops *ops);

/**
 * vfio_unregister_iommu_driver - and no longer
 * @ops: serves no container
 */
void vfio_unregister_iommu_driver(const struct vfio_iommu_driver_ops *ops);

#endif
