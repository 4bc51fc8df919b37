// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The tracker as a module of Linux: impl/ with its glue to VFIO and the kernel's OS
 * file, all as they are, in the same kernel that type1 runs in here. After it, where the
 * glue's private structs are known, what drives it.
 */
#include "inside.h"

#include <linux/uaccess.h>

#include <stdlib.h>

#include <tidemark.h>

static int attach_in_tracker(struct tidemark_container *container, const void *id,
			     const struct tidemark_group_info *info);
#define tidemark_group_attach attach_in_tracker
#include <vfio_driver.c>
#undef tidemark_group_attach

static struct tidemark_config config;

static struct tidemark_container *tracker_of(struct linux_container *container)
{
	return ((struct container *)container->iommu)->tracker;
}

/* --- Life --- */

static void notify(struct vfio_device *device, u64 iova, u64 bytes)
{
	const struct linux_peer_device *self = (const struct linux_peer_device *)device;
	struct linux_container *container = linux_peer;

	container->world->dma_unmap(container->world->context, self->number, iova, bytes);
	linux_peer_enter(container);
}

static struct linux_container *create(const struct linux_world *world, unsigned int limit,
				      unsigned int range_rule, bool careful, __u64 most_pages)
{
	struct linux_container *container = calloc(1, sizeof(*container));

	(void)careful;
	(void)most_pages;
	if (!container)
		abort();
	container->world = world;
	INIT_LIST_HEAD(&container->mms);
	INIT_LIST_HEAD(&container->tasks);
	INIT_LIST_HEAD(&container->allocations);
	for (unsigned int i = 0; i < LINUX_DEVICES; ++i)
		container->devices[i].number = i;
	linux_peer = container;
	if (!linux_peer_driver)
		tidemark_vfio_driver_register(&config);
	config.dma_entry_limit = limit;
	config.range_rule = range_rule;
	return container;
}

static int open(struct linux_container *container, unsigned long type)
{
	void *opened;

	linux_peer = container;
	opened = linux_peer_driver->open(type);
	if (IS_ERR(opened))
		return PTR_ERR(opened);
	container->iommu = opened;
	return 0;
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
	struct linux_leaks leaks = {};
	struct task_struct *task;
	struct mm_struct *mm;

	linux_peer_enter(container);
	if (container->iommu) {
		detach_all(container);
		for (unsigned int i = 0; i < LINUX_DEVICES; ++i)
			linux_peer_driver->unregister_device(container->iommu,
							     &container->devices[i].device);
		linux_peer_driver->release(container->iommu);
	}
	container->iommu = NULL;
	leaks.allocations = container->nr_allocations;
	list_for_each_entry(mm, &container->mms, list) {
		leaks.references += mm->nr_references;
		if (!mm->gone)
			leaks.locked_pages += mm->locked_vm - mm->own_pages;
	}
	list_for_each_entry(task, &container->tasks, list)
		leaks.references += task->nr_references;
	return leaks;
}

static void destroy(struct linux_container *container)
{
	linux_peer = container;
	linux_peer_free_all();
	linux_peer_free_processes();
	linux_peer = NULL;
	free(container);
}

/* --- Calls --- */

static long do_ioctl(struct linux_container *container, unsigned int command,
		     unsigned long argument)
{
	linux_peer_enter(container);
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
	if (group->emulated || group->hardware)
		return -EINVAL;
	group->kind = kind;
	container->no_failures = true;
	result = linux_peer_driver->attach_group(container->iommu, group,
						 kind ? VFIO_IOMMU : VFIO_EMULATED_IOMMU);
	container->no_failures = false;
	if (!result) {
		group->hardware = kind != NULL;
		group->emulated = kind == NULL;
	}
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
	static const struct vfio_device_ops ops = {.dma_unmap = notify};
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
	struct page *pages[VFIO_PIN_PAGES_MAX_ENTRIES];
	int result;

	linux_peer_enter(container);
	result = linux_peer_driver->pin_pages(container->iommu, &container->groups[number], iova,
					      nr_pages, prot, pages);
	for (int i = 0; i < result; ++i)
		pfns[i] = page_to_pfn(pages[i]);
	return result;
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

static __u64 locked_pages(struct linux_container *container, __u64 memory)
{
	const struct mm_struct *mm;

	linux_peer = container;
	mm = linux_peer_mm(memory);
	return mm->locked_vm - mm->own_pages;
}

static struct linux_circumstances *circumstances(struct linux_container *container)
{
	return &container->circumstances;
}

static long offers(struct linux_container *container, unsigned long extension)
{
	linux_peer = container;
	return linux_peer_driver->ioctl(NULL, VFIO_CHECK_EXTENSION, extension);
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

static void visit_iommu(const struct linux_container *container, unsigned int group, void *context,
			void (*range)(void *context, __u64 iova, __u64 pfn, __u64 nr_pages,
				      int prot))
{
	if (container->groups[group].domain)
		linux_peer_visit_domain(container->groups[group].domain, context, range);
}

const struct linux_type1 LINUX_PEER_NAME = {
	.version = LINUX_PEER_VERSION,
	.create = create,
	.open = open,
	.release = release,
	.destroy = destroy,
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
