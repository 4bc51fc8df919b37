// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * All that is asked of libvfio-user's lib/dma.c, and where its answers are made those of
 * docs/contract.md (README.md lists these places).
 */
#include "regions.h"

#include <dma.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * The device logs by pages of one size and is asked by pages of another; if they differ, it joins
 * bits or repeats them. With larger ones clean pages would be reported beside dirty ones, as they
 * may be.
 */
#ifndef LOGGED_PAGE_BYTES
#define LOGGED_PAGE_BYTES 4096
#endif
#ifndef ASKED_PAGE_BYTES
#define ASKED_PAGE_BYTES 4096
#endif
_Static_assert(LOGGED_PAGE_BYTES <= 4096 && ASKED_PAGE_BYTES <= 4096, "no larger than a page");
/* Of a region of more pages the answer, with each repeated, would be too much for a fuzzer. */
#define MOST_PAGES_REPEATED 0x100000

#define MOST_PAGES 0x7fffffff /* of a mapping, while tracking is on (D4) */

/* lib/libvfio-user.c has the real one. Nothing here wants to read that. */
void vfu_log(vfu_ctx_t *vfu_ctx, int level, const char *format, ...)
{
	(void)vfu_ctx, (void)level, (void)format;
}

static __u64 first_of(const dma_memory_region_t *region)
{
	return (__u64)(uintptr_t)region->info.iova.iov_base;
}

static __u64 last_of(const dma_memory_region_t *region)
{
	return first_of(region) + (region->info.iova.iov_len - 1);
}

static __u64 vaddr_of(const dma_memory_region_t *region)
{
	return (__u64)region->offset;
}

/* The lowest region that ends at @iova or above, or null. */
static dma_memory_region_t *region_from(struct container *c, __u64 iova, btree_iter_t *at)
{
	btree_iter_init(&c->dma->regions, (uintptr_t)iova, at);
	return btree_iter_get(at, NULL);
}

static dma_memory_region_t *region_after(btree_iter_t *at)
{
	btree_iter_next(at);
	return btree_iter_get(at, NULL);
}

#define for_each_region(region, at, c, first, last)                                       \
	for (region = region_from(c, first, &(at)); region && first_of(region) <= (last); \
	     region = region_after(&(at)))

static bool is_empty(struct container *c, __u64 first, __u64 last)
{
	btree_iter_t at;
	const dma_memory_region_t *region = region_from(c, first, &at);

	return !region || first_of(region) > last;
}

bool regions_create(struct container *c)
{
	c->memory = memfd_create("guest", MFD_CLOEXEC);
	if (c->memory == -1)
		return false;
	c->dma = dma_controller_create(NULL, c->most_regions, SIZE_MAX);
	if (!c->dma)
		close(c->memory);
	return c->dma;
}

void regions_release(struct container *c)
{
	dma_controller_remove_all_regions(c->dma, NULL, NULL);
	dma_controller_destroy(c->dma);
	close(c->memory);
}

__u64 regions_count(const struct container *c)
{
	return btree_size(&c->dma->regions);
}

bool regions_are_logged(const struct container *c)
{
	return c->dma->dirty_pgsize;
}

static bool is_too_large(__u64 first, __u64 last)
{
	return (last - first) / PAGE_BYTES >= MOST_PAGES;
}

/*
 * What is wrong with a region, after the controller has said no, or before it would ask for a
 * bitmap without end. It has one error for all.
 */
static int refusal(struct container *c, __u64 first, __u64 last)
{
	if (!is_empty(c, first, last))
		return -EEXIST;
	return regions_count(c) == c->most_regions ? -ENOSPC : -EINVAL;
}

int regions_add(struct container *c, __u64 first, __u64 last, __u64 vaddr, int rights)
{
	const __u64 count = regions_count(c);
	const uint32_t prot = (rights & 1 ? PROT_READ : 0) | (rights & 2 ? PROT_WRITE : 0);
	const dma_memory_region_t *region;
	int fd, error;

	if (regions_are_logged(c) && is_too_large(first, last))
		return refusal(c, first, last);
	fd = dup(c->memory);
	if (fd == -1)
		return -errno;
	region = dma_controller_add_region(c->dma, (vfu_dma_addr_t)(uintptr_t)first,
					   last - first + 1, &fd, (off_t)vaddr, prot,
					   REGION_ACCESS_MODE_FILE_IO);
	error = errno;
	if (fd != -1)
		close(fd);
	if (!region)
		return error == EINVAL ? refusal(c, first, last) : -error;
	/* The very same region once more is a success there. */
	return regions_count(c) == count ? -EEXIST : 0;
}

bool regions_are_cut(struct container *c, __u64 first, __u64 last)
{
	dma_memory_region_t *region;
	btree_iter_t at;

	for_each_region (region, at, c, first, last)
		if (first_of(region) < first || last_of(region) > last)
			return true;
	return false;
}

__u64 regions_bytes(struct container *c, __u64 first, __u64 last)
{
	dma_memory_region_t *region;
	btree_iter_t at;
	__u64 bytes = 0;

	for_each_region (region, at, c, first, last)
		bytes += region->info.iova.iov_len;
	return bytes;
}

void regions_remove(struct container *c, __u64 first, __u64 last)
{
	dma_memory_region_t *region;
	btree_iter_t at;

	while ((region = region_from(c, first, &at)) && first_of(region) <= last)
		if (dma_controller_remove_region(c->dma, region->info.iova.iov_base,
						 region->info.iova.iov_len, NULL, NULL))
			return; /* it is still there, and so are its marks */
}

int regions_start(struct container *c)
{
	dma_memory_region_t *region;
	btree_iter_t at;

	for_each_region (region, at, c, 0, ~(__u64)0)
		if (!regions_are_logged(c) && is_too_large(first_of(region), last_of(region)))
			return -EINVAL;
	return dma_controller_dirty_page_logging_start(c->dma, LOGGED_PAGE_BYTES) ? -errno : 0;
}

void regions_stop(struct container *c)
{
	dma_controller_dirty_page_logging_stop(c->dma);
}

static struct dirty_region *take_region(struct container *c, const dma_memory_region_t *region,
					int *error)
{
	const size_t bytes = region->info.iova.iov_len;
	const bool repeat = bytes / PAGE_BYTES <= MOST_PAGES_REPEATED;
	struct dirty_region *dirty = calloc(1, sizeof(*dirty));

	*error = -ENOMEM;
	if (!dirty)
		return NULL;
	dirty->page_bytes = repeat ? ASKED_PAGE_BYTES : PAGE_BYTES;
	dirty->first = first_of(region);
	dirty->last = last_of(region);
	dirty->bytes = (bytes / dirty->page_bytes + 63) / 64 * 8;
	dirty->bits = calloc(dirty->bytes, 1);
	if (dirty->bits && !dma_controller_dirty_page_get(c->dma, region->info.iova.iov_base, bytes,
							  dirty->page_bytes, dirty->bytes,
							  dirty->bits))
		return dirty;
	if (dirty->bits)
		*error = -errno;
	free(dirty->bits);
	free(dirty);
	return NULL;
}

int regions_take_dirty(struct container *c, __u64 first, __u64 last, struct dirty_region **dirty)
{
	struct dirty_region **end = dirty;
	const dma_memory_region_t *region;
	btree_iter_t at;
	int error;

	*dirty = NULL;
	for_each_region (region, at, c, first, last) {
		*end = take_region(c, region, &error);
		if (!*end) {
			regions_end_dirty(c, *dirty, true);
			return error;
		}
		end = &(*end)->next;
	}
	return 0;
}

/*
 * The first bit from @bit on that is set, of @end, or NONE. Bitmaps there are whole words of 64
 * bits, and large ones mostly empty.
 */
static __u64 next_bit(const void *bitmap, __u64 bit, __u64 end)
{
	const __u64 *words = bitmap;

	for (; bit < end; ++bit) {
		if (!words[bit / 64])
			bit |= 63; /* nor are the others of this word */
		else if (words[bit / 64] >> bit % 64 & 1)
			return bit;
	}
	return NONE;
}

__u64 dirty_region_next(const struct dirty_region *dirty, __u64 page)
{
	const __u64 bits_of_page = PAGE_BYTES / dirty->page_bytes;
	const __u64 bit = next_bit(dirty->bits, page * bits_of_page, 8 * (__u64)dirty->bytes);

	return bit == NONE ? NONE : bit / bits_of_page;
}

static void mark_again(struct container *c, const struct dirty_region *dirty)
{
	dma_sg_t sg;

	for (__u64 page = dirty_region_next(dirty, 0); page != NONE;
	     page = dirty_region_next(dirty, page + 1)) {
		const __u64 iova = dirty->first + page * PAGE_BYTES;

		if (dma_addr_to_sgl(c->dma, (vfu_dma_addr_t)(uintptr_t)iova, PAGE_BYTES, &sg, 1,
				    PROT_WRITE) == 1)
			dma_sgl_mark_dirty(c->dma, &sg, 1);
	}
}

void regions_end_dirty(struct container *c, struct dirty_region *dirty, bool again)
{
	while (dirty) {
		struct dirty_region *next = dirty->next;

		if (again)
			mark_again(c, dirty);
		free(dirty->bits);
		free(dirty);
		dirty = next;
	}
}

/* One part of a transfer: marked, then copied, as that can stop midway (B3). */
static int move(struct container *c, dma_sg_t *sg, char *data, bool write)
{
	const struct tidemark_subject_world *world = c->world;
	const __u64 vaddr = vaddr_of(sg->region) + sg->offset;

	/* To read is allowed there, whatever the region's rights are. */
	if (!(sg->region->info.prot & PROT_READ))
		return -EPERM;
	if (write)
		dma_sgl_mark_dirty(c->dma, sg, 1);
	if (write ? world->copy_to_user(world->context, vaddr, data, sg->length)
		  : world->copy_from_user(world->context, data, vaddr, sg->length))
		return -EFAULT;
	return 0;
}

/* As much as lies in the first region. */
static int first_part(struct container *c, vfu_dma_addr_t at, size_t bytes, dma_sg_t *sg, int prot)
{
	const int found = dma_addr_to_sgl(c->dma, at, 1, sg, 1, prot);
	__u64 left;

	if (found != 1)
		return found;
	left = last_of(sg->region) - (__u64)(uintptr_t)at;
	return dma_addr_to_sgl(c->dma, at, bytes - 1 < left ? bytes : left + 1, sg, 1, prot);
}

/*
 * How many parts a transfer has, or of one that the controller does not take its first part: it
 * takes all or nothing, and is to do all up to what is not allowed. Less than 1, and errno: not
 * even that.
 */
static int next_parts(struct container *c, __u64 iova, size_t bytes, dma_sg_t *sgl, size_t most,
		      bool write)
{
	const vfu_dma_addr_t at = (vfu_dma_addr_t)(uintptr_t)iova;
	const int prot = write ? PROT_READ | PROT_WRITE : PROT_READ;
	const int parts = dma_addr_to_sgl(c->dma, at, bytes, sgl, most, prot);

	return parts > 0 ? parts : first_part(c, at, bytes, sgl, prot);
}

int regions_rw(struct container *c, __u64 iova, char *data, size_t bytes, bool write)
{
	const size_t most = bytes / PAGE_BYTES + 2;
	dma_sg_t *sgl = calloc(most, sizeof(*sgl));
	int error = sgl ? 0 : -ENOMEM;

	for (size_t done = 0; done < bytes && !error;) {
		int parts = 0;

		errno = ENOENT;
		if (iova + done >= iova) /* not past 2^64 */
			parts = next_parts(c, iova + done, bytes - done, sgl, most, write);
		if (parts < 1)
			error = errno == EACCES ? -EPERM : -EINVAL;
		for (int i = 0; i < parts && !error; ++i) {
			error = move(c, &sgl[i], data + done, write);
			done += sgl[i].length;
		}
	}
	free(sgl);
	return error;
}

static void visit_marks(const dma_memory_region_t *region,
			const struct tidemark_subject_visitor *visitor)
{
	const __u64 bits_of_page = PAGE_BYTES / LOGGED_PAGE_BYTES;
	const __u64 bits = region->info.iova.iov_len / LOGGED_PAGE_BYTES;
	__u64 bit = 0, page;

	while (region->dirty_bitmap &&
	       (bit = next_bit(region->dirty_bitmap, bit, bits)) != NONE) {
		page = bit / bits_of_page;
		visitor->marks(visitor->context, first_of(region) + page * PAGE_BYTES,
			       first_of(region) + (page + 1) * PAGE_BYTES - 1);
		bit = (page + 1) * bits_of_page;
	}
}

void regions_visit(struct container *c, const struct tidemark_subject_visitor *visitor)
{
	const dma_memory_region_t *region;
	btree_iter_t at;

	for_each_region (region, at, c, 0, ~(__u64)0) {
		visitor->mapping(visitor->context, first_of(region), last_of(region),
				 vaddr_of(region),
				 (region->info.prot & PROT_READ ? 1 : 0) |
					 (region->info.prot & PROT_WRITE ? 2 : 0));
		visit_marks(region, visitor);
	}
}
