/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What is foreseen; included by container.c, where type1's structs are known.
 *
 * Memory errors that type1 is known for end the process, under sanitizers. To go
 * on with other programs in it, a careful container stops right before them.
 */

static void foresee(bool will_come, const char *what)
{
	if (will_come && linux_peer->foresight.careful)
		linux_peer_stop("foreseen", what);
}

/* Bitmaps are for the page size that was when they were made. */
static void foresee_page_size(const struct vfio_iommu *iommu, unsigned long sizes)
{
	foresee(!sizes, "no-page-size");
	foresee(iommu->dirty_page_tracking && __ffs(sizes) != __ffs(linux_peer->foresight.sizes),
		"page-size-changed");
}

/*
 * Page by page, a mapping of 2^31 pages takes minutes to attach a group to, and
 * to give up on, too: see linux_peer_pin() for when one is made.
 */
static void foresee_size(const struct vfio_iommu *iommu)
{
	size_t bytes = 0;

	for (struct rb_node *n = rb_first(&iommu->dma_list); n; n = rb_next(n)) {
		bytes += rb_entry(n, struct vfio_dma, node)->size;
		foresee(bytes >> PAGE_SHIFT > LINUX_PEER_MANY_PAGES, "slow");
	}
}

/*
 * What begins within a page is not the page around it, but another one that is
 * looked for where any of its bytes is mapped. If that begins before the mapping,
 * its bit has a negative number.
 */
static void foresee_unaligned(struct vfio_iommu *iommu, dma_addr_t iova, bool marks)
{
	const struct vfio_dma *dma;

	if (iova % PAGE_SIZE == 0 || !iommu->v2)
		return;
	dma = vfio_find_dma(iommu, iova, PAGE_SIZE);
	foresee(dma && dma->iova > iova && marks, "negative-bit");
	foresee(dma, "unaligned-pin");
}

/* After a device was called: what the unmap that called it does next. */
static void foresee_window(const struct vfio_iommu *iommu, const struct vfio_device *device)
{
	foresee(!linux_peer->foresight.dma && device->iommu_entry.next != &iommu->device_list,
		"mapping-gone");
	foresee(linux_peer->foresight.with_bitmap && !iommu->dirty_page_tracking, "bitmap-gone");
}

/* The sizes without @left, as vfio_update_pgsize_bitmap() will make them. */
static unsigned long sizes_without(const struct linux_container *container,
				   const struct iommu_group *left)
{
	unsigned long sizes = ~0ul;

	for (unsigned int i = 0; i < LINUX_GROUPS; ++i)
		if (&container->groups[i] != left && container->groups[i].hardware)
			sizes &= container->groups[i].kind->pgsizes;
	return sizes & ~PAGE_MASK ? (sizes & PAGE_MASK) | PAGE_SIZE : sizes;
}
