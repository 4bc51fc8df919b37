// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The tracker as a module of Linux: impl/ with its glue to VFIO and the kernel's OS
 * file, all as they are, in the same kernel that type1 runs in here. After it, where the
 * glue's private structs are known, what drives it.
 */
#include "inside.h"

#include <linux/uaccess.h>

#include <tidemark.h>

static int attach_in_tracker(struct tidemark_container *container, const void *id,
			     const struct tidemark_group_info *info);
#define tidemark_group_attach attach_in_tracker
#include <vfio_driver.c>
#undef tidemark_group_attach

#include "any_driver.h"

static struct tidemark_config config;

static struct tidemark_container *tracker_of(struct linux_container *container)
{
	return ((struct container *)container->iommu)->tracker;
}

/* --- Life --- */

static struct linux_container *create(const struct linux_world *world, unsigned int limit,
				      unsigned int range_rule, unsigned int store, bool careful,
				      __u64 most_pages)
{
	struct linux_container *container = container_of_world(world);

	container->foresight.careful = careful;
	container->foresight.most_pages = most_pages;
	if (!linux_peer_driver)
		tidemark_vfio_driver_register(&config);
	config.dma_entry_limit = limit;
	config.range_rule = range_rule;
	config.store = store;
	return container;
}

/* The core detaches whatever is left before it releases. */
static void detach_all(struct linux_container *container)
{
	for (unsigned int i = 0; i < LINUX_GROUPS; ++i) {
		struct iommu_group *group = &container->groups[i];

		if (group->emulated || group->hardware)
			linux_peer_driver->detach_group(container->iommu, group);
		group->emulated = group->hardware = false;
	}
}

static struct linux_leaks release(struct linux_container *container)
{
	linux_peer_enter(container);
	if (container->iommu) {
		detach_all(container);
		for (unsigned int i = 0; i < LINUX_DEVICES; ++i)
			linux_peer_driver->unregister_device(container->iommu,
							     &container->devices[i].device);
		linux_peer_driver->release(container->iommu);
	}
	container->iommu = NULL;
	return leaks_of(container);
}

/* --- Calls --- */

static long do_ioctl(struct linux_container *container, unsigned int command,
		     unsigned long argument)
{
	linux_peer_enter(container);
	container->foresight.nr_pinned = 0;
	return linux_peer_driver->ioctl(container->iommu, command, argument);
}

static int attach_in_tracker(struct tidemark_container *container, const void *id,
			     const struct tidemark_group_info *info)
{
	int ret;

	linux_peer->no_failures = false;
	ret = tidemark_group_attach(container, id, info);
	linux_peer->no_failures = true;
	return ret;
}

/*
 * A group is in one container at most, which VFIO sees to. At which points memory can
 * run out the reference knows of the tracker, not of what is around it.
 */
static int attach(struct linux_container *container, unsigned int number,
		  const struct linux_hardware *kind)
{
	struct iommu_group *group = &container->groups[number];
	int result;

	linux_peer_enter(container);
	container->foresight.nr_pinned = 0;
	if (group->emulated || group->hardware)
		return -EINVAL;
	group->kind = kind;
	container->no_failures = true;
	result = attach_group(container, group, kind);
	container->no_failures = false;
	return result;
}

static void detach(struct linux_container *container, unsigned int number)
{
	struct iommu_group *group = &container->groups[number];

	linux_peer_enter(container);
	if (!group->emulated && !group->hardware)
		return;
	linux_peer_driver->detach_group(container->iommu, group);
	group->emulated = group->hardware = false;
}

static void enroll(struct linux_container *container, unsigned int number)
{
	static const struct vfio_device_ops ops = {.dma_unmap = call_back};
	struct vfio_device *device = &container->devices[number].device;

	linux_peer_enter(container);
	device->ops = &ops;
	linux_peer_driver->register_device(container->iommu, device);
}

static void withdraw(struct linux_container *container, unsigned int number)
{
	linux_peer_enter(container);
	linux_peer_driver->unregister_device(container->iommu, &container->devices[number].device);
}

static int pin(struct linux_container *container, unsigned int number, __u64 iova, int nr_pages,
	       int prot, __u64 *pfns)
{
	linux_peer_enter(container);
	return pin_pages(container, &container->groups[number], iova, nr_pages, prot, pfns);
}

static void unpin(struct linux_container *container, __u64 iova, int nr_pages)
{
	linux_peer_enter(container);
	linux_peer_driver->unpin_pages(container->iommu, iova, nr_pages);
}

static int rw(struct linux_container *container, __u64 iova, void *data, size_t bytes, bool write)
{
	linux_peer_enter(container);
	return linux_peer_driver->dma_rw(container->iommu, iova, data, bytes, write);
}

/* --- A look inside --- */

static void stats(struct linux_container *container, struct linux_stats *stats)
{
	struct tidemark_stats now;

	linux_peer = container;
	tidemark_container_stats(tracker_of(container), &now);
	*stats = (struct linux_stats){
		.pgsizes = now.pgsizes,
		.pinned_pages = now.pinned_pages,
		.nr_mappings = now.nr_mappings,
		.dma_available = now.dma_avail,
		.uncharged_bytes = container->uncharged_bytes,
		.tracking = now.tracking,
	};
}

/* Nothing has to be counted. */
static void count(struct linux_container *container, struct linux_stats *stats)
{
	(void)container;
	(void)stats;
}

static int has_domain(struct linux_container *container, unsigned int group)
{
	return group < LINUX_GROUPS && container->groups[group].domain ? 0 : -EINVAL;
}

static void visit(struct linux_container *container, const struct linux_visitor *visitor)
{
	const struct tidemark_visitor same = {
		.context = visitor->context,
		.mapping = visitor->mapping,
		.pin = visitor->pin,
		.marks = visitor->marks,
	};

	linux_peer = container;
	tidemark_container_visit(tracker_of(container), &same);
}

const struct linux_type1 LINUX_PEER_NAME = {
	.version = LINUX_PEER_VERSION,
	.create = create,
	.open = open,
	.release = release,
	.destroy = free_container,
	.ioctl = do_ioctl,
	.attach = attach,
	.detach = detach,
	.enroll = enroll,
	.withdraw = withdraw,
	.pin = pin,
	.unpin = unpin,
	.rw = rw,
	.stats = stats,
	.count = count,
	.locked_pages = locked_pages,
	.circumstances = circumstances,
	.offers = offers,
	.has_domain = has_domain,
	.visit = visit,
	.visit_iommu = visit_iommu,
};
