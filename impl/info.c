// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the container can do and holds, for the user to read (D13, D14).
 */
#include "private.h"

/**
 * struct capabilities - the chain of GET_INFO, without padding, as in Linux 6.1
 * @migration: page size and bitmap limit of dirty tracking
 * @dma_avail: mappings that there may be beside those that there are
 * @iova_range: where mappings may be; only if there are ranges
 */
struct capabilities {
	struct vfio_iommu_type1_info_cap_migration migration;
	struct vfio_iommu_type1_info_dma_avail dma_avail;
	struct vfio_iommu_type1_info_cap_iova_range iova_range;
} __packed;

static bool all_cache_coherent(struct tidemark_container *container)
{
	struct group *group;

	lockdep_assert_held(&container->lock);
	list_for_each_entry(group, &container->groups, node) {
		if (group_is_hardware(group) &&
		    !(group->info.flags & TIDEMARK_GROUP_CACHE_COHERENT))
			return false;
	}
	return true;
}

long tidemark_info_extension(struct tidemark_container *container, unsigned long extension)
{
	bool coherent;

	switch (extension) {
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_UNMAP_ALL:
		return 1;
	case VFIO_DMA_CC_IOMMU:
		if (!container)
			return 0;
		mutex_lock(&container->lock);
		coherent = all_cache_coherent(container);
		mutex_unlock(&container->lock);
		return coherent;
	default:
		return 0;
	}
}

/* Bytes of the chain: IOVA_RANGE is there where there are ranges. */
static size_t capabilities_bytes(const struct tidemark_container *container)
{
	u32 nr_ranges = container->iova_ranges.nr_ranges;
	struct capabilities *caps;

	if (!nr_ranges)
		return offsetof(struct capabilities, iova_range);
	return struct_size(caps, iova_range.iova_ranges, nr_ranges);
}

static struct vfio_info_cap_header capability_head(u16 id, size_t next)
{
	return (struct vfio_info_cap_header){ .id = id, .version = 1, .next = next };
}

/* Fill zeroed memory. Offsets are from the start of the user's struct. */
static void capabilities_fill(const struct tidemark_container *container,
			      struct capabilities *caps)
{
	const size_t start = sizeof(struct vfio_iommu_type1_info);
	const struct iova_ranges *allowed = &container->iova_ranges;
	size_t last = allowed->nr_ranges ? start + offsetof(struct capabilities, iova_range) : 0;

	caps->migration.header = capability_head(VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
						 start + offsetof(struct capabilities, dma_avail));
	caps->migration.pgsize_bitmap = container_page_bytes(container);
	caps->migration.max_dirty_bitmap_size = TIDEMARK_BITMAP_BYTES_MAX;

	caps->dma_avail.header = capability_head(VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, last);
	caps->dma_avail.avail = container->dma_entry_limit - container->mappings.nr_mappings;

	if (!last)
		return;
	caps->iova_range.header = capability_head(VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 0);
	caps->iova_range.nr_iovas = allowed->nr_ranges;
	memcpy(caps->iova_range.iova_ranges, allowed->ranges,
	       array_size(allowed->nr_ranges, sizeof(*allowed->ranges)));
}

/* Under the lock: all that the user gets is of one moment. */
static long info_copy(struct tidemark_container *container,
		      struct vfio_iommu_type1_info *info, u64 argument)
{
	size_t copied = info->argsz >= offsetofend(struct vfio_iommu_type1_info, cap_offset) ?
			offsetofend(struct vfio_iommu_type1_info, cap_offset) :
			offsetofend(struct vfio_iommu_type1_info, iova_pgsizes);
	size_t bytes = capabilities_bytes(container);
	struct capabilities *caps;
	long ret = 0;

	lockdep_assert_held(&container->lock);
	caps = kvzalloc(max(bytes, sizeof(*caps)), GFP_KERNEL_ACCOUNT);
	if (!caps)
		return -ENOMEM;
	capabilities_fill(container, caps);

	info->flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info->iova_pgsizes = container->pgsizes;
	if (info->argsz < sizeof(*info) + bytes) {
		info->argsz = sizeof(*info) + bytes;
	} else {
		info->cap_offset = sizeof(*info);
		if (copy_to_user(u64_to_user_ptr(argument + sizeof(*info)), caps, bytes))
			ret = -EFAULT;
	}
	kvfree(caps);
	if (!ret && copy_to_user(u64_to_user_ptr(argument), info, copied))
		ret = -EFAULT;
	return ret;
}

long tidemark_info_get(struct tidemark_container *container, u64 argument)
{
	const size_t least = offsetofend(struct vfio_iommu_type1_info, iova_pgsizes);
	struct vfio_iommu_type1_info info = {};
	long ret;

	if (copy_from_user(&info, u64_to_user_ptr(argument), least))
		return -EFAULT;
	if (info.argsz < least)
		return -EINVAL;

	mutex_lock(&container->lock);
	ret = info_copy(container, &info, argument);
	mutex_unlock(&container->lock);
	return ret;
}
