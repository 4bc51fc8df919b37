// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Linux's type1 driver, and after it, where its private structs are known, what
 * drives it and looks into it.
 */
#include "inside.h"

#include <linux/bitmap.h>
#include <linux/uaccess.h>

#include <drivers/vfio/vfio_iommu_type1.c>

#include "any_driver.h"
#include "crash_guard.h"

/* --- Life --- */

static void notify(struct vfio_device *device, u64 iova, u64 bytes)
{
	struct linux_container *container = linux_peer;

	container->foresight.dma = vfio_find_dma(container->iommu, iova, bytes);
	call_back(device, iova, bytes);
	foresee_window(container->iommu, device);
}

static struct linux_container *create(const struct linux_world *world, unsigned int limit,
				      unsigned int range_rule, unsigned int store, bool careful,
				      __u64 most_pages)
{
	struct linux_container *container = container_of_world(world);

	(void)range_rule;
	(void)store;
	container->foresight.careful = careful;
	container->foresight.most_pages = most_pages;
	if (!linux_peer_driver)
		vfio_iommu_type1_init();
	dma_entry_limit = limit;
	return container;
}

/* False if Linux does not find the first pin again: its page begins within one. */
static bool unpin_first(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	struct rb_node *first = rb_first(&dma->pfn_list);
	struct vfio_pfn *pin = rb_entry_safe(first, struct vfio_pfn, node);
	unsigned int count;

	if (!pin)
		return false;
	count = pin->ref_count;
	foresee_unaligned(iommu, pin->iova, 1, false);
	linux_peer_driver->unpin_pages(iommu, pin->iova, 1);
	/* Either it is gone, or one pin of several is. */
	return rb_first(&dma->pfn_list) != first || pin->ref_count < count;
}

/* A driver lets go of its pages before its device is closed. */
static void unpin_all(struct vfio_iommu *iommu)
{
	for (struct rb_node *n = rb_first(&iommu->dma_list); n; n = rb_next(n))
		while (unpin_first(iommu, rb_entry(n, struct vfio_dma, node)))
			;
}

/* The core of 6.1 says that the container's file was closed. */
static void close(struct vfio_iommu *iommu)
{
#if LINUX_VERSION < 612
	linux_peer_driver->notify(iommu, VFIO_IOMMU_CONTAINER_CLOSE);
#else
	(void)iommu;
#endif
}

static struct linux_leaks release(struct linux_container *container)
{
	linux_peer_enter(container);
	if (container->iommu) {
		close(container->iommu);
		unpin_all(container->iommu);
		linux_peer_driver->release(container->iommu);
	}
	container->iommu = NULL;
	return leaks_of(container);
}

/* --- Calls --- */

static long do_ioctl(struct linux_container *container, unsigned int command,
		     unsigned long argument)
{
	const bool outer = container->foresight.with_bitmap; /* in whose window this one runs */
	struct vfio_iommu_type1_dma_unmap unmap = {};
	struct vfio_iommu_type1_dirty_bitmap dirty = {};
	struct vfio_iommu_type1_dma_map map = {};
	long result;

	linux_peer_enter(container);
	disable_hugepages = container->circumstances.no_huge_pages;
	container->foresight.nr_pinned = 0;
	if (command == VFIO_IOMMU_UNMAP_DMA)
		container->foresight.with_bitmap =
			!copy_from_user(&unmap, (void *)argument, sizeof(unmap)) &&
			unmap.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	if (command == VFIO_IOMMU_DIRTY_PAGES && !container->iommu->dirty_page_tracking &&
	    !copy_from_user(&dirty, (void *)argument, sizeof(dirty)) &&
	    dirty.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_START)
		foresee_start(container->iommu);
	if (command == VFIO_IOMMU_MAP_DMA &&
	    !copy_from_user(&map, (void *)argument, sizeof(map)) &&
	    map.flags == VFIO_DMA_MAP_FLAG_VADDR)
		foresee_vaddr(container->iommu, &map);
	result = linux_peer_driver->ioctl(container->iommu, command, argument);
	container->foresight.with_bitmap = outer;
	return result;
}

static int attach(struct linux_container *container, unsigned int number,
		  const struct linux_hardware *kind)
{
	struct iommu_group *group = &container->groups[number];
	const bool attached = group->emulated || group->hardware;
	int result;

	linux_peer_enter(container);
	disable_hugepages = container->circumstances.no_huge_pages;
	container->foresight.nr_pinned = 0;
	container->foresight.sizes = container->iommu->pgsize_bitmap;
	if (kind)
		foresee_size(container->iommu);
	if (!attached)
		group->kind = kind;
	result = attach_group(container, group, kind);
	if (!result)
		foresee_page_size(container->iommu, container->iommu->pgsize_bitmap);
	return result;
}

static bool is_last(const struct linux_container *container, const struct iommu_group *group)
{
	for (unsigned int i = 0; i < LINUX_GROUPS; ++i) {
		const struct iommu_group *other = &container->groups[i];

		if (other != group && (other->emulated || other->hardware))
			return false;
	}
	return true;
}

/*
 * The core of VFIO lets the last group go only when all devices are closed: their
 * drivers have unpinned and unregistered. In the window of an unmap that cannot
 * be played, for want of the lock.
 */
static void detach(struct linux_container *container, unsigned int number)
{
	struct iommu_group *group = &container->groups[number];
	struct vfio_iommu *iommu = container->iommu;
	LIST_HEAD(closed);

	linux_peer_enter(container);
	if (!group->emulated && !group->hardware)
		return;
	container->foresight.sizes = iommu->pgsize_bitmap;
	foresee_page_size(iommu, sizes_without(container, group));
	if (is_last(container, group) && !iommu->device_list_lock.held) {
		unpin_all(iommu);
		list_splice_init(&iommu->device_list, &closed);
	}
	linux_peer_driver->detach_group(iommu, group);
	list_splice(&closed, &iommu->device_list);
	group->emulated = group->hardware = false;
}

static struct vfio_device *device_of(struct linux_container *container, unsigned int number)
{
	static const struct vfio_device_ops with = {.dma_unmap = notify}, without = {};
	struct vfio_device *device = &container->devices[number].device;

	device->ops = container->circumstances.no_callback ? &without : &with;
	return device;
}

static void enroll(struct linux_container *container, unsigned int device)
{
	linux_peer_enter(container);
	linux_peer_driver->register_device(container->iommu, device_of(container, device));
}

static void withdraw(struct linux_container *container, unsigned int device)
{
	linux_peer_enter(container);
	linux_peer_driver->unregister_device(container->iommu, device_of(container, device));
}

/* As vfio_pin_pages(): a device that is not open has no group in the container. */
static int pin(struct linux_container *container, unsigned int number, __u64 iova, int nr_pages,
	       int prot, __u64 *pfns)
{
	struct iommu_group *group = &container->groups[number];

	linux_peer_enter(container);
	if (!nr_pages || (!group->emulated && !group->hardware))
		return -EINVAL;
	if (nr_pages > (int)VFIO_PIN_PAGES_MAX_ENTRIES)
		return -E2BIG;
	if (!list_empty(&container->iommu->device_list))
		foresee_unaligned(container->iommu, iova, nr_pages,
				  container->iommu->dirty_page_tracking);
	return pin_pages(container, group, iova, nr_pages, prot, pfns);
}

static void unpin(struct linux_container *container, __u64 iova, int nr_pages)
{
	linux_peer_enter(container);
	if (WARN_ON(nr_pages <= 0 || nr_pages > (int)VFIO_PIN_PAGES_MAX_ENTRIES))
		return;
	foresee_unaligned(container->iommu, iova, nr_pages, false);
	linux_peer_driver->unpin_pages(container->iommu, iova, nr_pages);
}

static int rw(struct linux_container *container, __u64 iova, void *data, size_t bytes, bool write)
{
	linux_peer_enter(container);
	if (!bytes)
		return -EINVAL;
	return linux_peer_driver->dma_rw(container->iommu, iova, data, bytes, write);
}

/* --- A look inside --- */

static void stats(struct linux_container *container, struct linux_stats *stats)
{
	struct vfio_iommu *iommu = container->iommu;

	*stats = (struct linux_stats){
		.pgsizes = iommu->pgsize_bitmap,
		.dma_available = iommu->dma_avail,
		.uncharged_bytes = container->uncharged_bytes,
		.tracking = iommu->dirty_page_tracking,
	};
}

static void count(struct linux_container *container, struct linux_stats *stats)
{
	struct vfio_iommu *iommu = container->iommu;

	for (struct rb_node *n = rb_first(&iommu->dma_list); n; n = rb_next(n)) {
		struct vfio_dma *dma = rb_entry(n, struct vfio_dma, node);

		++stats->nr_mappings;
		for (struct rb_node *p = rb_first(&dma->pfn_list); p; p = rb_next(p))
			++stats->pinned_pages;
	}
}

static int has_domain(struct linux_container *container, unsigned int group)
{
	const struct iommu_domain *domain;

	linux_peer = container;
	domain = linux_peer_driver->group_iommu_domain(
		container->iommu, group < LINUX_GROUPS ? &container->groups[group] : NULL);
	return IS_ERR(domain) ? PTR_ERR(domain) : 0;
}

static void visit_marks(struct vfio_dma *dma, unsigned long shift,
			const struct linux_visitor *visitor)
{
	const unsigned long nr_bits = dma->size >> shift;

	for (unsigned long first = 0; first < nr_bits;) {
		unsigned long end;

		if (!dma->bitmap[first / 64] && first % 64 == 0) {
			first += 64;
			continue;
		}
		if (!test_bit(first, dma->bitmap)) {
			++first;
			continue;
		}
		for (end = first + 1; end < nr_bits && test_bit(end, dma->bitmap); ++end)
			;
		visitor->marks(visitor->context, dma->iova + (first << shift),
			       dma->iova + ((end << shift) - 1));
		first = end;
	}
}

static void visit(struct linux_container *container, const struct linux_visitor *visitor)
{
	struct vfio_iommu *iommu = container->iommu;

	for (struct rb_node *n = rb_first(&iommu->dma_list); n; n = rb_next(n)) {
		struct vfio_dma *dma = rb_entry(n, struct vfio_dma, node);

		visitor->mapping(visitor->context, dma->iova, dma->iova + (dma->size - 1),
				 dma->vaddr, dma->prot);
		for (struct rb_node *p = rb_first(&dma->pfn_list); p; p = rb_next(p)) {
			const struct vfio_pfn *vpfn = rb_entry(p, struct vfio_pfn, node);

			visitor->pin(visitor->context, vpfn->iova, vpfn->ref_count);
		}
		if (dma->bitmap)
			visit_marks(dma, __ffs(iommu->pgsize_bitmap), visitor);
	}
}

__attribute__((visibility("default"))) const struct linux_type1 LINUX_PEER_NAME = {
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
