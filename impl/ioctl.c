// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The ioctls' arguments: in, checked in the contract's order, and results out
 * (R12-R15).
 */
#include "private.h"

static int bitmap_check(const struct vfio_bitmap *bitmap, u64 range_bytes)
{
	u64 nr_pages;

	if (!access_ok(bitmap->data, bitmap->size))
		return -EINVAL;
	if (!bitmap->pgsize)
		return -EINVAL;

	nr_pages = range_bytes >> __ffs(bitmap->pgsize);
	if (!nr_pages || bitmap->size > TIDEMARK_BITMAP_BYTES_MAX ||
	    bitmap->size < DIV_ROUND_UP_ULL(nr_pages, TIDEMARK_WORD_BITS) * sizeof(u64))
		return -EINVAL;
	return 0;
}

static long ioctl_map(struct tidemark_container *container, u64 argument)
{
	const size_t least = offsetofend(struct vfio_iommu_type1_dma_map, size);
	struct vfio_iommu_type1_dma_map map;
	struct map_request request;

	if (copy_from_user(&map, u64_to_user_ptr(argument), least))
		return -EFAULT;
	if (map.argsz < least ||
	    map.flags & ~(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE))
		return -EINVAL;

	request.iova = map.iova;
	request.size = map.size;
	request.vaddr = map.vaddr;
	request.prot = (map.flags & VFIO_DMA_MAP_FLAG_READ ? TIDEMARK_READ : 0) |
		       (map.flags & VFIO_DMA_MAP_FLAG_WRITE ? TIDEMARK_WRITE : 0);
	if (!request.prot)
		return -EINVAL;
	return tidemark_mapping_map(container, &request);
}

/* The struct vfio_bitmap behind an unmap's header. */
static int unmap_bitmap(const struct vfio_iommu_type1_dma_unmap *unmap, size_t least,
			u64 argument, struct unmap_request *request)
{
	struct vfio_bitmap bitmap;
	int ret;

	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL || unmap->argsz < least + sizeof(bitmap))
		return -EINVAL;
	if (copy_from_user(&bitmap, u64_to_user_ptr(argument + least), sizeof(bitmap)))
		return -EFAULT;
	ret = bitmap_check(&bitmap, unmap->size);
	if (ret)
		return ret;

	request->with_bitmap = true;
	request->pgsize = bitmap.pgsize;
	request->bitmap = (uintptr_t)bitmap.data;
	return 0;
}

static long ioctl_unmap(struct tidemark_container *container, u64 argument)
{
	const size_t least = offsetofend(struct vfio_iommu_type1_dma_unmap, size);
	struct vfio_iommu_type1_dma_unmap unmap;
	struct unmap_request request = {};
	int ret;

	if (copy_from_user(&unmap, u64_to_user_ptr(argument), least))
		return -EFAULT;
	if (unmap.argsz < least ||
	    unmap.flags & ~(VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_ALL))
		return -EINVAL;
	if (unmap.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) {
		ret = unmap_bitmap(&unmap, least, argument, &request);
		if (ret)
			return ret;
	}

	request.iova = unmap.iova;
	request.size = unmap.size;
	request.all = unmap.flags & VFIO_DMA_UNMAP_FLAG_ALL;
	request.header = &unmap;
	request.argument = argument;
	return tidemark_mapping_unmap(container, &request);
}

/* R10: may a query name this range? */
static bool range_allowed(struct tidemark_container *container, u64 first, u64 last)
{
	struct mapping *mapping;

	switch (container->range_rule) {
	case TIDEMARK_RANGE_EXACT:
		mapping = tidemark_mappings_find(&container->mappings, first, first);
		return mapping && mapping->first == first && mapping->last == last;
	case TIDEMARK_RANGE_WHOLE:
		return !tidemark_mappings_cut(&container->mappings, first, last);
	case TIDEMARK_RANGE_ANY:
		break;
	}
	return true;
}

static int dirty_query(struct tidemark_container *container,
		       const struct vfio_iommu_type1_dirty_bitmap_get *get)
{
	struct report report = {
		.first = get->iova,
		.last = get->iova + get->size - 1,
		.bitmap = (uintptr_t)get->bitmap.data,
	};
	u64 pgsize = container_page_bytes(container);
	int ret;

	lockdep_assert_held(&container->lock);
	if (get->bitmap.pgsize != pgsize || (get->iova | get->size) & (pgsize - 1) ||
	    !container->tracking || !range_allowed(container, report.first, report.last))
		return -EINVAL;

	ret = tidemark_report_copy(container, &report);
	if (!ret)
		tidemark_report_clear(container, &report);
	return ret;
}

static long ioctl_query(struct tidemark_container *container, u32 room, u64 from)
{
	struct vfio_iommu_type1_dirty_bitmap_get get;
	u64 last;
	int ret;

	if (room < sizeof(get))
		return -EINVAL;
	if (copy_from_user(&get, u64_to_user_ptr(from), sizeof(get)))
		return -EFAULT;
	/* Ending at 2^64 is fine, wrapping past it is not (B4). */
	if (!get.size || check_add_overflow(get.iova, get.size - 1, &last))
		return -EINVAL;
	ret = bitmap_check(&get.bitmap, get.size);
	if (ret)
		return ret;

	mutex_lock(&container->lock);
	ret = dirty_query(container, &get);
	mutex_unlock(&container->lock);
	return ret;
}

static long ioctl_dirty_pages(struct tidemark_container *container, u64 argument)
{
	const size_t least = offsetofend(struct vfio_iommu_type1_dirty_bitmap, flags);
	struct vfio_iommu_type1_dirty_bitmap dirty;
	long ret = 0;

	if (!container->v2)
		return -EACCES;
	if (copy_from_user(&dirty, u64_to_user_ptr(argument), least))
		return -EFAULT;
	if (dirty.argsz < least)
		return -EINVAL;

	switch (dirty.flags) {
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_START:
		mutex_lock(&container->lock);
		ret = tidemark_tracking_start(container);
		mutex_unlock(&container->lock);
		return ret;
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP:
		mutex_lock(&container->lock);
		tidemark_tracking_stop(container);
		mutex_unlock(&container->lock);
		return 0;
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP:
		return ioctl_query(container, dirty.argsz - least,
				   argument + least);
	default:
		return -EINVAL;
	}
}

long tidemark_container_ioctl(struct tidemark_container *container,
			      unsigned int command, unsigned long argument)
{
	switch (command) {
	case VFIO_CHECK_EXTENSION:
		return tidemark_info_extension(container, argument);
	case VFIO_IOMMU_GET_INFO:
		return tidemark_info_get(container, argument);
	case VFIO_IOMMU_MAP_DMA:
		return ioctl_map(container, argument);
	case VFIO_IOMMU_UNMAP_DMA:
		return ioctl_unmap(container, argument);
	case VFIO_IOMMU_DIRTY_PAGES:
		return ioctl_dirty_pages(container, argument);
	default:
		return -ENOTTY;
	}
}
