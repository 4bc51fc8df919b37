/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What drives an IOMMU driver of VFIO, whichever it is, as the core does; included by
 * container.c (type1) and tracker.c.
 */
#include <stdlib.h>

static struct linux_container *container_of_world(const struct linux_world *world)
{
	struct linux_container *container = calloc(1, sizeof(*container));

	if (!container)
		abort();
	container->world = world;
	INIT_LIST_HEAD(&container->mms);
	INIT_LIST_HEAD(&container->tasks);
	INIT_LIST_HEAD(&container->allocations);
	for (unsigned int i = 0; i < LINUX_DEVICES; ++i)
		container->devices[i].number = i;
	linux_peer = container;
	return container;
}

static int open(struct linux_container *container, unsigned long type)
{
	void *iommu;

	linux_peer = container;
	iommu = linux_peer_driver->open(type);
	if (IS_ERR(iommu))
		return PTR_ERR(iommu);
	container->iommu = iommu;
	return 0;
}

/* The driver calls a device back. */
static void call_back(struct vfio_device *device, u64 iova, u64 bytes)
{
	const struct linux_peer_device *self = (const struct linux_peer_device *)device;
	struct linux_container *container = linux_peer;

	container->world->dma_unmap(container->world->context, self->number, iova, bytes);
	linux_peer_enter(container);
}

/* What the driver has left after its release. */
static struct linux_leaks leaks_of(const struct linux_container *container)
{
	struct linux_leaks leaks = {.allocations = container->nr_allocations};
	struct task_struct *task;
	struct mm_struct *mm;

	list_for_each_entry(mm, &container->mms, list) {
		leaks.references += mm->nr_references;
		if (!mm->gone)
			leaks.locked_pages += mm->locked_vm - mm->own_pages;
	}
	list_for_each_entry(task, &container->tasks, list)
		leaks.references += task->nr_references;
	return leaks;
}

/* What a driver that stopped has left, too. */
static void free_container(struct linux_container *container)
{
	linux_peer = container;
	for (unsigned int i = 0; i < LINUX_GROUPS; ++i) {
		struct iommu_domain *domain = container->groups[i].domain;

		for (unsigned int j = i; domain && j < LINUX_GROUPS; ++j)
			if (container->groups[j].domain == domain)
				container->groups[j].domain = NULL;
		if (domain)
			free(domain->ranges);
		free(domain);
	}
	linux_peer_free_all();
	linux_peer_free_processes();
	linux_peer = NULL;
	free(container);
}

static int attach_group(struct linux_container *container, struct iommu_group *group,
			const struct linux_hardware *kind)
{
	const int result = linux_peer_driver->attach_group(container->iommu, group,
							   kind ? VFIO_IOMMU : VFIO_EMULATED_IOMMU);

	if (!result) {
		group->hardware = kind != NULL;
		group->emulated = kind == NULL;
	}
	return result;
}

static int pin_pages(struct linux_container *container, struct iommu_group *group, __u64 iova,
		     int nr_pages, int prot, __u64 *pfns)
{
	struct page *pages[VFIO_PIN_PAGES_MAX_ENTRIES];
	const int result = linux_peer_driver->pin_pages(container->iommu, group, iova, nr_pages,
							prot, pages);

	for (int i = 0; i < result; ++i)
		pfns[i] = page_to_pfn(pages[i]);
	return result;
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

static void visit_iommu(const struct linux_container *container, unsigned int group, void *context,
			void (*range)(void *context, __u64 iova, __u64 pfn, __u64 nr_pages,
				      int prot))
{
	if (container->groups[group].domain)
		linux_peer_visit_domain(container->groups[group].domain, context, range);
}
