// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A tracker that somebody else could have written, as a library for tidemark: to copy, and to
 * begin with (docs/foreign-trackers.md). It is as plain as can be: a list of mappings, a bitmap
 * for each while tracking is on, emulated groups, drivers that write. R, B and D are rules of
 * docs/contract.md.
 *
 * MISTAKE, a number, puts one of five mistakes into it: what tests have to find.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <tidemark/subject.h>

#ifndef MISTAKE
#define MISTAKE 0
#endif

enum {
	LOSES_LAST_PAGE = 1, /* of a write that does not begin with a page */
	KEEPS_MARKS,	     /* over STOP and START */
	CLEARS_TOO_MUCH,     /* a query clears what lies before its range as well */
	WRONG_ERRNO,	     /* for a mapping that overlaps another */
	LOSES_LAST_WORD,     /* of the bitmap of an unmap */
};

#define PAGE_BYTES ((__u64)4096)
#define MOST_PAGES 0x7fffffff /* of a mapping, while tracking is on (D4) */
#define MOST_BITMAP_BYTES (1u << 28)
#define NONE (~(__u64)0)

struct mapping {
	struct mapping *next; /* the next higher one */
	__u64 first, last, vaddr;
	int rights;
	__u64 *marks;	       /* a bit a page; null while it is not tracked */
	__u64 lowest, highest; /* the pages that are marked lie in between */
};

struct tracker {
	const struct tidemark_subject_world *world;
	struct mapping *mappings; /* ascending */
	__u64 nr_mappings, most_mappings;
	unsigned int groups; /* a bit for each */
	bool tracking;
};

/* What a query or an unmap is about. */
struct range {
	__u64 first, last;
	struct vfio_bitmap bitmap;
};

static size_t copy_in(struct tracker *t, void *to, __u64 from, size_t bytes)
{
	return t->world->copy_from_user(t->world->context, to, from, bytes);
}

static size_t copy_out(struct tracker *t, __u64 to, const void *from, size_t bytes)
{
	return t->world->copy_to_user(t->world->context, to, from, bytes);
}

static __u64 pages_of(const struct mapping *m)
{
	return (m->last - m->first) / PAGE_BYTES + 1;
}

/* The first page from @page on that is marked, or NONE. */
static __u64 next_mark(const struct mapping *m, __u64 page)
{
	for (; m->marks && page <= m->highest; ++page) {
		if (!m->marks[page / 64])
			page |= 63; /* nor are the others of this word */
		else if (m->marks[page / 64] >> page % 64 & 1)
			return page;
	}
	return NONE;
}

/* Where the lowest mapping is that ends at @iova or above, or null, to put it there. */
static struct mapping **find(struct tracker *t, __u64 iova)
{
	struct mapping **at = &t->mappings;

	while (*at && (*at)->last < iova)
		at = &(*at)->next;
	return at;
}

#define for_each_in(m, t, from, to) \
	for (m = *find(t, from); m && m->first <= (to); m = m->next)

static bool cuts_mapping(struct tracker *t, __u64 first, __u64 last)
{
	struct mapping *m;

	for_each_in(m, t, first, last)
		if (m->first < first || m->last > last)
			return true;
	return false;
}

static int make_marks(struct mapping *m)
{
	if (pages_of(m) > MOST_PAGES)
		return -EINVAL;
	if (m->marks)
		return 0;
	m->marks = calloc(pages_of(m) / 64 + 1, 8);
	m->lowest = NONE;
	m->highest = 0;
	return m->marks ? 0 : -ENOMEM;
}

static void mark(struct mapping *m, __u64 offset, __u64 bytes)
{
	const __u64 first = offset / PAGE_BYTES;
	const __u64 last = MISTAKE == LOSES_LAST_PAGE ? first + (bytes - 1) / PAGE_BYTES
						      : (offset + bytes - 1) / PAGE_BYTES;

	if (!m->marks)
		return;
	for (__u64 page = first; page <= last; ++page)
		m->marks[page / 64] |= (__u64)1 << page % 64;
	m->lowest = first < m->lowest ? first : m->lowest;
	m->highest = last > m->highest ? last : m->highest;
}

static void clear(struct mapping *m)
{
	if (m->lowest <= m->highest)
		memset(m->marks + m->lowest / 64, 0, (m->highest / 64 - m->lowest / 64 + 1) * 8);
	m->lowest = NONE;
	m->highest = 0;
}

static void free_marks(struct tracker *t)
{
	for (struct mapping *m = t->mappings; m; m = m->next) {
		free(m->marks);
		m->marks = NULL;
	}
}

static void free_mapping(struct tracker *t, struct mapping **at)
{
	struct mapping *m = *at;

	*at = m->next;
	--t->nr_mappings;
	free(m->marks);
	free(m);
}

/* D10 */
static int map_dma(struct tracker *t, __u64 argument)
{
	struct vfio_iommu_type1_dma_map map;
	struct mapping **at, *m;
	int result;

	if (copy_in(t, &map, argument, sizeof(map)))
		return -EFAULT;
	if (map.argsz < sizeof(map) || !map.flags || map.flags & ~3u || !map.size ||
	    (map.size | map.iova | map.vaddr) % PAGE_BYTES ||
	    map.iova + (map.size - 1) < map.iova || map.vaddr + (map.size - 1) < map.vaddr)
		return -EINVAL;
	at = find(t, map.iova);
	if (*at && (*at)->first <= map.iova + (map.size - 1))
		return MISTAKE == WRONG_ERRNO ? -EINVAL : -EEXIST;
	if (t->nr_mappings >= t->most_mappings)
		return -ENOSPC;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->first = map.iova;
	m->last = map.iova + (map.size - 1);
	m->vaddr = map.vaddr;
	m->rights = (int)map.flags;
	result = t->tracking ? make_marks(m) : 0;
	if (result) {
		free(m);
		return result;
	}
	m->next = *at;
	*at = m;
	++t->nr_mappings;
	return 0;
}

/* A word of the user's bitmap. One without a bit is not stored (R11). */
static int store(struct tracker *t, const struct range *range, __u64 index, __u64 word)
{
	const __u64 bitmap = (__u64)(unsigned long)range->bitmap.data;

	return word && copy_out(t, bitmap + 8 * index, &word, sizeof(word)) ? -EFAULT : 0;
}

/* The dirty pages of a range that cuts no mapping, ascending. */
static int report(struct tracker *t, const struct range *range, bool unmaps)
{
	__u64 index = 0, word = 0;
	struct mapping *m;

	for_each_in(m, t, range->first, range->last)
		for (__u64 page = next_mark(m, m->lowest); page != NONE;
		     page = next_mark(m, page + 1)) {
			const __u64 bit = (m->first - range->first) / PAGE_BYTES + page;

			if (bit / 64 != index && store(t, range, index, word))
				return -EFAULT;
			word = (bit / 64 == index ? word : 0) | (__u64)1 << bit % 64;
			index = bit / 64;
		}
	if (MISTAKE == LOSES_LAST_WORD && unmaps)
		return 0;
	return store(t, range, index, word);
}

/* R12, step 7, of the bitmap */
static int check_bitmap(struct tracker *t, const struct vfio_bitmap *bitmap, __u64 bytes)
{
	const __u64 data = (__u64)(unsigned long)bitmap->data;
	__u64 pages;

	if (!bitmap->pgsize || !t->world->access_ok(t->world->context, data, bitmap->size))
		return -EINVAL;
	pages = bytes >> __builtin_ctzll(bitmap->pgsize);
	if (!pages || bitmap->size > MOST_BITMAP_BYTES ||
	    bitmap->size < (pages / 64 + (pages % 64 != 0)) * 8)
		return -EINVAL;
	return 0;
}

/* R12. First all is copied out, then it is clean (B1). */
static int query(struct tracker *t, __u64 argument)
{
	struct vfio_iommu_type1_dirty_bitmap_get get;
	struct mapping *m;
	struct range range;
	int result;

	if (copy_in(t, &get, argument, sizeof(get)))
		return -EFAULT;
	range.first = get.iova;
	range.last = get.iova + (get.size - 1);
	range.bitmap = get.bitmap;
	if (!get.size || range.last < range.first || check_bitmap(t, &get.bitmap, get.size) ||
	    get.bitmap.pgsize != PAGE_BYTES || (get.iova | get.size) % PAGE_BYTES ||
	    !t->tracking || cuts_mapping(t, range.first, range.last))
		return -EINVAL;
	result = report(t, &range, false);
	if (result)
		return result;
	if (MISTAKE == CLEARS_TOO_MUCH)
		range.first = 0;
	for_each_in(m, t, range.first, range.last)
		clear(m);
	return 0;
}

static int start(struct tracker *t)
{
	for (struct mapping *m = t->mappings; m && !t->tracking; m = m->next) {
		const int result = make_marks(m);

		if (result) {
			free_marks(t);
			return result;
		}
	}
	t->tracking = true;
	return 0;
}

static int dirty_pages(struct tracker *t, __u64 argument)
{
	struct vfio_iommu_type1_dirty_bitmap dirty;

	if (copy_in(t, &dirty, argument, sizeof(dirty)))
		return -EFAULT;
	if (dirty.argsz < sizeof(dirty))
		return -EINVAL;
	if (dirty.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_START)
		return start(t);
	if (dirty.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP) {
		t->tracking = false;
		if (MISTAKE != KEEPS_MARKS)
			free_marks(t);
		return 0;
	}
	if (dirty.flags != VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP ||
	    dirty.argsz < sizeof(dirty) + sizeof(struct vfio_iommu_type1_dirty_bitmap_get))
		return -EINVAL;
	return query(t, argument + sizeof(dirty));
}

/* D18 and R13: what the range is, and whether it may be unmapped. */
static int unmap_range(struct tracker *t, const struct vfio_iommu_type1_dma_unmap *unmap,
		       __u64 argument, struct range *range)
{
	const bool all = unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL;
	int result;

	range->first = unmap->iova;
	range->last = all ? ~(__u64)0 : unmap->iova + (unmap->size - 1);
	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) {
		if (all || unmap->argsz < sizeof(*unmap) + sizeof(range->bitmap))
			return -EINVAL;
		if (copy_in(t, &range->bitmap, argument + sizeof(*unmap), sizeof(range->bitmap)))
			return -EFAULT;
		result = check_bitmap(t, &range->bitmap, unmap->size);
		if (result)
			return result;
		if (!t->tracking || range->bitmap.pgsize != PAGE_BYTES)
			return -EINVAL;
	}
	if (all)
		return unmap->iova || unmap->size ? -EINVAL : 0;
	if (!unmap->size || (unmap->iova | unmap->size) % PAGE_BYTES ||
	    range->last < range->first || cuts_mapping(t, range->first, range->last))
		return -EINVAL;
	return 0;
}

/* First all that can fail, then the mappings go (D7). */
static int unmap_dma(struct tracker *t, __u64 argument)
{
	struct vfio_iommu_type1_dma_unmap unmap;
	struct mapping **at, *m;
	struct range range;
	int result;

	if (copy_in(t, &unmap, argument, sizeof(unmap)))
		return -EFAULT;
	if (unmap.argsz < sizeof(unmap) || unmap.flags & ~3u)
		return -EINVAL;
	result = unmap_range(t, &unmap, argument, &range);
	if (!result && unmap.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP)
		result = report(t, &range, true);
	if (result)
		return result;
	unmap.size = 0;
	for_each_in(m, t, range.first, range.last)
		unmap.size += m->last - m->first + 1;
	if (copy_out(t, argument, &unmap, sizeof(unmap)))
		return -EFAULT;
	at = find(t, range.first);
	while (*at && (*at)->first <= range.last)
		free_mapping(t, at);
	return 0;
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
	struct tracker *t = container;

	if (hardware || t->groups >> group & 1)
		return -EINVAL;
	t->groups |= 1u << group;
	return 0;
}

/* With the last group all mappings go (D9). */
static void detach(void *container, unsigned int group)
{
	struct tracker *t = container;

	if (!(t->groups >> group & 1))
		return;
	t->groups &= ~(1u << group);
	while (!t->groups && t->mappings)
		free_mapping(t, &t->mappings);
}

/* D12. Pages are marked before they are written: that may stop midway (B3). */
static int rw(void *container, __u64 iova, void *data, size_t bytes, bool write)
{
	const int rights = write ? 3 : 1;
	size_t part;

	for (size_t done = 0; done < bytes; done += part) {
		const __u64 at = iova + done;
		struct mapping *m = *find(container, at);

		if (at < iova || !m || m->first > at)
			return -EINVAL;
		if ((m->rights & rights) != rights)
			return -EPERM;
		part = bytes - done;
		if (part - 1 > m->last - at)
			part = m->last - at + 1;
		if (write)
			mark(m, at - m->first, part);
		if (write ? copy_out(container, m->vaddr + (at - m->first), (char *)data + done, part)
			  : copy_in(container, (char *)data + done, m->vaddr + (at - m->first), part))
			return -EFAULT;
	}
	return bytes ? 0 : -EINVAL;
}

static void sizes(void *container, struct tidemark_subject_sizes *sizes)
{
	const struct tracker *t = container;

	sizes->pgsizes = ~(PAGE_BYTES - 1);
	sizes->mappings = t->nr_mappings;
	sizes->dma_avail = t->most_mappings - t->nr_mappings;
	sizes->tracking = t->tracking;
}

/* Only pins are accounted. */
static __u64 locked_pages(void *container, __u64 memory)
{
	(void)container, (void)memory;
	return 0;
}

static void visit(void *container, const struct tidemark_subject_visitor *visitor)
{
	const struct tracker *t = container;

	for (const struct mapping *m = t->mappings; m; m = m->next) {
		visitor->mapping(visitor->context, m->first, m->last, m->vaddr, m->rights);
		for (__u64 page = t->tracking ? next_mark(m, m->lowest) : NONE; page != NONE;
		     page = next_mark(m, page + 1))
			visitor->marks(visitor->context, m->first + page * PAGE_BYTES,
				       m->first + page * PAGE_BYTES + PAGE_BYTES - 1);
	}
}

static void *create(const struct tidemark_subject_world *world,
		    const struct tidemark_subject_config *config)
{
	struct tracker *t = calloc(1, sizeof(*t));

	if (t) {
		t->world = world;
		t->most_mappings = config->dma_entry_limit;
	}
	return t;
}

static void release(void *container)
{
	struct tracker *t = container;

	while (t->mappings)
		free_mapping(t, &t->mappings);
	free(t);
}

const struct tidemark_subject tidemark_subject_functions = {
	.abi = TIDEMARK_SUBJECT_ABI,
	.bytes = sizeof(struct tidemark_subject),
	.features = TIDEMARK_SUBJECT_RW | TIDEMARK_SUBJECT_STATE,
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
