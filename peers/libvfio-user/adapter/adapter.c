// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * libvfio-user's DMA controller as a tracker for tidemark (README.md): what a user of VFIO asks,
 * in terms of its regions. R, B and D are rules of docs/contract.md.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>

#include "regions.h"

#define MOST_BITMAP_BYTES (1u << 28)

/* What a query or an unmap is about. */
struct range {
	__u64 first, last;
	struct vfio_bitmap bitmap;
};

static size_t copy_in(struct container *c, void *to, __u64 from, size_t bytes)
{
	return c->world->copy_from_user(c->world->context, to, from, bytes);
}

static size_t copy_out(struct container *c, __u64 to, const void *from, size_t bytes)
{
	return c->world->copy_to_user(c->world->context, to, from, bytes);
}

/* D10 */
static int map_dma(struct container *c, __u64 argument)
{
	struct vfio_iommu_type1_dma_map map;

	if (copy_in(c, &map, argument, sizeof(map)))
		return -EFAULT;
	if (map.argsz < sizeof(map) || !map.flags || map.flags & ~3u || !map.size ||
	    (map.size | map.iova | map.vaddr) % PAGE_BYTES ||
	    map.iova + (map.size - 1) < map.iova || map.vaddr + (map.size - 1) < map.vaddr)
		return -EINVAL;
	return regions_add(c, map.iova, map.iova + (map.size - 1), map.vaddr, (int)map.flags);
}

/* A word of the user's bitmap. One without a bit is not stored (R11). */
static int store(struct container *c, const struct range *range, __u64 index, __u64 word)
{
	const __u64 bitmap = (__u64)(unsigned long)range->bitmap.data;

	return word && copy_out(c, bitmap + 8 * index, &word, sizeof(word)) ? -EFAULT : 0;
}

static int report(struct container *c, const struct range *range,
		  const struct dirty_region *dirty)
{
	__u64 index = 0, word = 0;

	for (; dirty; dirty = dirty->next)
		for (__u64 page = dirty_region_next(dirty, 0); page != NONE;
		     page = dirty_region_next(dirty, page + 1)) {
			const __u64 bit = (dirty->first - range->first) / PAGE_BYTES + page;

			if (bit / 64 != index && store(c, range, index, word))
				return -EFAULT;
			word = (bit / 64 == index ? word : 0) | (__u64)1 << bit % 64;
			index = bit / 64;
		}
	return store(c, range, index, word);
}

/* R12, step 7, of the bitmap */
static int check_bitmap(struct container *c, const struct vfio_bitmap *bitmap, __u64 bytes)
{
	const __u64 data = (__u64)(unsigned long)bitmap->data;
	__u64 pages;

	if (!bitmap->pgsize || !c->world->access_ok(c->world->context, data, bitmap->size))
		return -EINVAL;
	pages = bytes >> __builtin_ctzll(bitmap->pgsize);
	if (!pages || bitmap->size > MOST_BITMAP_BYTES ||
	    bitmap->size < (pages / 64 + (pages % 64 != 0)) * 8)
		return -EINVAL;
	return 0;
}

/* R12. What cannot be copied out stays dirty (B1). */
static int query(struct container *c, __u64 argument)
{
	struct vfio_iommu_type1_dirty_bitmap_get get;
	struct dirty_region *dirty;
	struct range range;
	int result;

	if (copy_in(c, &get, argument, sizeof(get)))
		return -EFAULT;
	range.first = get.iova;
	range.last = get.iova + (get.size - 1);
	range.bitmap = get.bitmap;
	if (!get.size || range.last < range.first || check_bitmap(c, &get.bitmap, get.size) ||
	    get.bitmap.pgsize != PAGE_BYTES || (get.iova | get.size) % PAGE_BYTES ||
	    !regions_are_logged(c) || regions_are_cut(c, range.first, range.last))
		return -EINVAL;
	result = regions_take_dirty(c, range.first, range.last, &dirty);
	if (result)
		return result;
	result = report(c, &range, dirty);
	regions_end_dirty(c, dirty, result);
	return result;
}

static int dirty_pages(struct container *c, __u64 argument)
{
	struct vfio_iommu_type1_dirty_bitmap pages;

	if (copy_in(c, &pages, argument, sizeof(pages)))
		return -EFAULT;
	if (pages.argsz < sizeof(pages))
		return -EINVAL;
	if (pages.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_START)
		return regions_start(c);
	if (pages.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP) {
		regions_stop(c);
		return 0;
	}
	if (pages.flags != VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP ||
	    pages.argsz < sizeof(pages) + sizeof(struct vfio_iommu_type1_dirty_bitmap_get))
		return -EINVAL;
	return query(c, argument + sizeof(pages));
}

/* D18 and R13: what the range is, and whether it may be unmapped. */
static int unmap_range(struct container *c, const struct vfio_iommu_type1_dma_unmap *unmap,
		       __u64 argument, struct range *range)
{
	const bool all = unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL;
	int result;

	range->first = unmap->iova;
	range->last = all ? ~(__u64)0 : unmap->iova + (unmap->size - 1);
	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) {
		if (all || unmap->argsz < sizeof(*unmap) + sizeof(range->bitmap))
			return -EINVAL;
		if (copy_in(c, &range->bitmap, argument + sizeof(*unmap), sizeof(range->bitmap)))
			return -EFAULT;
		result = check_bitmap(c, &range->bitmap, unmap->size);
		if (result)
			return result;
		if (!regions_are_logged(c) || range->bitmap.pgsize != PAGE_BYTES)
			return -EINVAL;
	}
	if (all)
		return unmap->iova || unmap->size ? -EINVAL : 0;
	if (!unmap->size || (unmap->iova | unmap->size) % PAGE_BYTES ||
	    range->last < range->first || regions_are_cut(c, range->first, range->last))
		return -EINVAL;
	return 0;
}

/* First all that can fail, then the regions go (D7). */
static int unmap_dma(struct container *c, __u64 argument)
{
	struct vfio_iommu_type1_dma_unmap unmap;
	struct dirty_region *dirty = NULL;
	struct range range = {0};
	int result;

	if (copy_in(c, &unmap, argument, sizeof(unmap)))
		return -EFAULT;
	if (unmap.argsz < sizeof(unmap) || unmap.flags & ~3u)
		return -EINVAL;
	result = unmap_range(c, &unmap, argument, &range);
	if (!result && unmap.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP)
		result = regions_take_dirty(c, range.first, range.last, &dirty);
	if (result)
		return result;
	result = report(c, &range, dirty);
	unmap.size = regions_bytes(c, range.first, range.last);
	if (!result && copy_out(c, argument, &unmap, sizeof(unmap)))
		result = -EFAULT;
	regions_end_dirty(c, dirty, result);
	if (!result)
		regions_remove(c, range.first, range.last);
	return result;
}

static __s64 ioctl(void *container, unsigned int command, __u64 argument)
{
	switch (command) {
	case VFIO_CHECK_EXTENSION:
		return argument == VFIO_TYPE1_IOMMU || argument == VFIO_TYPE1v2_IOMMU ||
		       argument == VFIO_UNMAP_ALL || argument == VFIO_DMA_CC_IOMMU;
	case VFIO_IOMMU_MAP_DMA:
		return map_dma(container, argument);
	case VFIO_IOMMU_UNMAP_DMA:
		return unmap_dma(container, argument);
	case VFIO_IOMMU_DIRTY_PAGES:
		return dirty_pages(container, argument);
	default:
		return -ENOTTY;
	}
}

static int attach(void *container, unsigned int group,
		  const struct tidemark_subject_hardware *hardware)
{
	struct container *c = container;

	if (hardware || c->groups >> group & 1)
		return -EINVAL;
	c->groups |= 1u << group;
	return 0;
}

/* With the last group all mappings go (D9). */
static void detach(void *container, unsigned int group)
{
	struct container *c = container;

	if (!(c->groups >> group & 1))
		return;
	c->groups &= ~(1u << group);
	if (!c->groups)
		regions_remove(c, 0, ~(__u64)0);
}

static int rw(void *container, __u64 iova, void *data, size_t bytes, bool write)
{
	return bytes ? regions_rw(container, iova, data, bytes, write) : -EINVAL;
}

static void sizes(void *container, struct tidemark_subject_sizes *sizes)
{
	const struct container *c = container;

	sizes->pgsizes = ~(PAGE_BYTES - 1);
	sizes->mappings = regions_count(c);
	sizes->dma_avail = c->most_regions - sizes->mappings;
	sizes->tracking = regions_are_logged(c);
}

/* Only pins are accounted, and there are none. */
static __u64 locked_pages(void *container, __u64 memory)
{
	(void)container, (void)memory;
	return 0;
}

static void visit(void *container, const struct tidemark_subject_visitor *visitor)
{
	regions_visit(container, visitor);
}

static void *create(const struct tidemark_subject_world *world,
		    const struct tidemark_subject_config *config)
{
	struct container *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->world = world;
	c->most_regions = config->dma_entry_limit;
	if (regions_create(c))
		return c;
	free(c);
	return NULL;
}

static void release(void *container)
{
	regions_release(container);
	free(container);
}

const struct tidemark_subject tidemark_subject_functions = {
	.abi = TIDEMARK_SUBJECT_ABI,
	.bytes = sizeof(struct tidemark_subject),
	.features = TIDEMARK_SUBJECT_RW | TIDEMARK_SUBJECT_STATE,
	.sources = "libvfio-user/lib/",
	.create = create,
	.release = release,
	.ioctl = ioctl,
	.attach = attach,
	.detach = detach,
	.rw = rw,
	.sizes = sizes,
	.locked_pages = locked_pages,
	.visit = visit,
};
