// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * VFIO's IOMMU driver: what VFIO calls, handed on to the tracker. What the tracker
 * does not know are Linux's groups and devices.
 */
#include "vfio_driver.h"

#include <linux/module.h>
#include <linux/vfio.h>

#include "hardware_group.h"
#include "linux_versions.h"
#include "tidemark_os.h"

/**
 * struct container - a container of VFIO's
 * @tracker: does all the work; constant
 * @lock: guards the lists
 * @hardware: struct member of the hardware groups in it
 * @devices: struct open_device of those whose driver wants to be called back
 */
struct container {
	struct tidemark_container *tracker;
	struct mutex lock;	/* guards the lists */
	struct list_head hardware;
	struct list_head devices;
};

/**
 * struct member - a hardware group in a container
 * @node: in container.hardware
 * @group: which
 */
struct member {
	struct list_head node;
	struct hardware_group *group;
};

/**
 * struct open_device - a device that a user has opened
 * @node: in container.devices
 * @device: as the tracker knows it
 * @vdev: as VFIO knows it
 */
struct open_device {
	struct list_head node;
	struct tidemark_device device;
	struct vfio_device *vdev;
};

static const struct tidemark_config *default_config;

static void *container_open(unsigned long type)
{
	struct tidemark_config config = *default_config;
	struct container *container;
	int ret;

	container = kzalloc(sizeof(*container), GFP_KERNEL_ACCOUNT);
	if (!container)
		return ERR_PTR(-ENOMEM);

	config.type = type;
	ret = tidemark_container_create(&config, &container->tracker);
	if (ret) {
		kfree(container);
		return ERR_PTR(ret);
	}
	mutex_init(&container->lock);
	INIT_LIST_HEAD(&container->hardware);
	INIT_LIST_HEAD(&container->devices);
	return container;
}

static void container_release(void *data)
{
	struct container *container = data;

	tidemark_container_destroy(container->tracker);
	WARN_ON(!list_empty(&container->hardware) || !list_empty(&container->devices));
	mutex_destroy(&container->lock);
	kfree(container);
}

static long container_ioctl(void *data, unsigned int command, unsigned long argument)
{
	struct container *container = data;

	return tidemark_container_ioctl(container ? container->tracker : NULL, command, argument);
}

static int hardware_attach(struct container *container, struct iommu_group *iommu_group)
{
	struct hardware_group *group;
	struct member *member;
	int ret;

	member = kzalloc(sizeof(*member), GFP_KERNEL_ACCOUNT);
	if (!member)
		return -ENOMEM;
	ret = tidemark_hardware_group_make(iommu_group, &group);
	if (ret)
		goto free_member;
	ret = tidemark_group_attach(container->tracker, iommu_group, &group->info);
	if (ret)
		goto free_group;

	member->group = group;
	mutex_lock(&container->lock);
	list_add(&member->node, &container->hardware);
	mutex_unlock(&container->lock);
	return 0;

free_group:
	tidemark_hardware_group_release(group);
	tidemark_hardware_group_free(group);
free_member:
	kfree(member);
	return ret;
}

static int container_attach_group(void *data, struct iommu_group *iommu_group,
				  enum vfio_group_type type)
{
	static const struct tidemark_group_info emulated = {};
	struct container *container = data;

	if (type == VFIO_EMULATED_IOMMU)
		return tidemark_group_attach(container->tracker, iommu_group, &emulated);
	return hardware_attach(container, iommu_group);
}

/* The hardware group that @iommu_group is, no longer in the list; NULL if it is none. */
static struct hardware_group *hardware_take(struct container *container,
					    const struct iommu_group *iommu_group)
{
	struct hardware_group *group = NULL;
	struct member *member;

	mutex_lock(&container->lock);
	list_for_each_entry(member, &container->hardware, node) {
		if (member->group->iommu_group != iommu_group)
			continue;
		group = member->group;
		list_del(&member->node);
		kfree(member);
		break;
	}
	mutex_unlock(&container->lock);
	return group;
}

static void container_detach_group(void *data, struct iommu_group *iommu_group)
{
	struct container *container = data;
	struct hardware_group *group = hardware_take(container, iommu_group);

	/* First its devices lose their way to the memory, then it is given back. */
	if (group)
		tidemark_hardware_group_release(group);
	tidemark_group_detach(container->tracker, iommu_group);
	if (group)
		tidemark_hardware_group_free(group);
}

static int container_pin_pages(void *data, struct iommu_group *iommu_group, dma_addr_t iova,
			       int nr_pages, int prot, struct page **pages)
{
	struct container *container = data;
	__u64 *pfns = (__u64 *)pages;
	int i, ret;

	/* One takes the place of the other. */
	static_assert(sizeof(*pfns) == sizeof(*pages));
	ret = tidemark_pages_pin(container->tracker, iommu_group, iova, nr_pages, prot, pfns);
	for (i = 0; i < ret; i++)
		pages[i] = pfn_to_page(pfns[i]);
	return ret;
}

static void container_unpin_pages(void *data, dma_addr_t iova, int nr_pages)
{
	struct container *container = data;

	tidemark_pages_unpin(container->tracker, iova, nr_pages);
}

static void device_dma_unmap(struct tidemark_device *device, __u64 iova, __u64 bytes)
{
	struct vfio_device *vdev = container_of(device, struct open_device, device)->vdev;

	vdev->ops->dma_unmap(vdev, iova, bytes);
}

/* Devices whose driver is not to be called back pin nothing, and are not counted. */
static void container_register_device(void *data, struct vfio_device *vdev)
{
	struct container *container = data;
	struct open_device *open;

	if (!vdev->ops->dma_unmap)
		return;

	/* VFIO takes no answer. */
	open = kzalloc(sizeof(*open), GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
	open->vdev = vdev;
	open->device.dma_unmap = device_dma_unmap;
	mutex_lock(&container->lock);
	list_add(&open->node, &container->devices);
	mutex_unlock(&container->lock);
	tidemark_device_register(container->tracker, &open->device);
}

static struct open_device *device_take(struct container *container,
				       const struct vfio_device *vdev)
{
	struct open_device *open, *found = NULL;

	mutex_lock(&container->lock);
	list_for_each_entry(open, &container->devices, node) {
		if (open->vdev != vdev)
			continue;
		found = open;
		list_del(&open->node);
		break;
	}
	mutex_unlock(&container->lock);
	return found;
}

static void container_unregister_device(void *data, struct vfio_device *vdev)
{
	struct container *container = data;
	struct open_device *open = device_take(container, vdev);

	if (!open)
		return;
	tidemark_device_unregister(container->tracker, &open->device);
	kfree(open);
}

static int container_dma_rw(void *data, dma_addr_t iova, void *buffer, size_t bytes, bool write)
{
	struct container *container = data;

	if (write)
		return tidemark_memory_write(container->tracker, iova, buffer, bytes);
	return tidemark_memory_read(container->tracker, iova, buffer, bytes);
}

static const struct vfio_iommu_driver_ops driver_ops = {
	.name = "tidemark",
	.owner = THIS_MODULE,
	.open = container_open,
	.release = container_release,
	.ioctl = container_ioctl,
	.attach_group = container_attach_group,
	.detach_group = container_detach_group,
	.pin_pages = container_pin_pages,
	.unpin_pages = container_unpin_pages,
	.register_device = container_register_device,
	.unregister_device = container_unregister_device,
	.dma_rw = container_dma_rw,
};

int tidemark_vfio_driver_register(const struct tidemark_config *config)
{
	default_config = config;
	return vfio_register_iommu_driver(&driver_ops);
}

void tidemark_vfio_driver_unregister(void)
{
	vfio_unregister_iommu_driver(&driver_ops);
}
