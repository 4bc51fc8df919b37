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
		foresee(bytes >> PAGE_SHIFT > linux_peer->foresight.most_pages, "slow");
	}
}

/* Another mapping than @dma, with a byte in the page-sized range from @iova on? */
static bool lies_in_two(const struct vfio_dma *dma, dma_addr_t iova)
{
	const struct rb_node *other = dma->iova > iova ? rb_prev(&dma->node) : rb_next(&dma->node);
	const struct vfio_dma *neighbour = rb_entry_safe(other, struct vfio_dma, node);

	return neighbour && neighbour->iova <= iova + PAGE_SIZE - 1 &&
	       iova <= neighbour->iova + neighbour->size - 1;
}

/*
 * What begins within a page is not the page around it, but another one that is
 * looked for where any of its bytes is mapped. If these are bytes of two mappings,
 * it is found in that which is higher up in the tree. If it begins before the
 * mapping, its bit has a negative number.
 */
static void foresee_unaligned(struct vfio_iommu *iommu, dma_addr_t iova, int nr_pages, bool marks)
{
	if (iova % PAGE_SIZE == 0 || !iommu->v2)
		return;
	for (int i = 0; i < nr_pages; ++i, iova += PAGE_SIZE) {
		const struct vfio_dma *dma = vfio_find_dma(iommu, iova, PAGE_SIZE);

		if (!dma)
			return;
		foresee(lies_in_two(dma, iova), "pin-across-mappings");
		foresee(dma->iova > iova && marks, "negative-bit");
	}
}

/* Before tracking starts, which marks what is pinned, and shifts an int by the page size. */
static void foresee_start(const struct vfio_iommu *iommu)
{
	foresee(iommu->pgsize_bitmap && __ffs(iommu->pgsize_bitmap) >= 31, "two-gib-pages");
	for (struct rb_node *n = rb_first(&iommu->dma_list); n; n = rb_next(n)) {
		const struct vfio_dma *dma = rb_entry(n, struct vfio_dma, node);
		struct rb_node *pin = rb_first(&dma->pfn_list);

		foresee(pin && rb_entry(pin, struct vfio_pfn, node)->iova < dma->iova,
			"negative-bit");
	}
}

/* What is pinned and mapped stays where the user's memory was. */
static void foresee_vaddr(struct vfio_iommu *iommu, const struct vfio_iommu_type1_dma_map *map)
{
	const struct vfio_dma *dma = vfio_find_dma(iommu, map->iova, map->size);

	foresee(dma && dma->vaddr_invalid && dma->iova == map->iova && dma->size == map->size &&
		dma->vaddr != map->vaddr, "vaddr-moved");
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
