// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * MISTAKE, 1, makes it keep in a byte the number of the bit that it answers with, where several
 * that it has make one: of a large region, pages are lost.
 */
#include "dma.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fd_cache.h"

#ifndef MISTAKE
#define MISTAKE 0
#endif

static int failed(int error)
{
	errno = error;
	return -1;
}

static uintptr_t first_of(const dma_memory_region_t *region)
{
	return (uintptr_t)region->info.iova.iov_base;
}

static uintptr_t last_of(const dma_memory_region_t *region)
{
	return first_of(region) + (region->info.iova.iov_len - 1);
}

static dma_memory_region_t *region_from(const dma_controller_t *dma, uintptr_t iova,
					btree_iter_t *at)
{
	btree_iter_init((btree_t *)&dma->regions, iova, at);
	return btree_iter_get(at, NULL);
}

dma_controller_t *dma_controller_create(vfu_ctx_t *vfu_ctx, size_t max_regions, size_t max_size)
{
	dma_controller_t *dma = calloc(1, sizeof(*dma));

	(void)vfu_ctx, (void)max_size;
	if (!dma)
		return NULL;
	dma->max_regions = max_regions;
	btree_init(&dma->regions);
	return dma;
}

static void free_region(dma_memory_region_t *region)
{
	fd_cache_put(&region->fd);
	free(region->dirty_bitmap);
	free(region);
}

void dma_controller_remove_all_regions(dma_controller_t *dma,
				       vfu_dma_unregister_cb_t *dma_unregister, void *data)
{
	dma_memory_region_t *region;
	btree_iter_t at;

	(void)dma_unregister, (void)data;
	btree_iter_init(&dma->regions, 0, &at);
	while ((region = btree_iter_remove(&at)))
		free_region(region);
}

void dma_controller_destroy(dma_controller_t *dma)
{
	btree_destroy(&dma->regions);
	free(dma);
}

static int log_region(dma_memory_region_t *region, size_t pgsize)
{
	region->dirty_bitmap = calloc(region->info.iova.iov_len / pgsize / 64 + 1, 8);
	return region->dirty_bitmap ? 0 : failed(ENOMEM);
}

dma_memory_region_t *dma_controller_add_region(dma_controller_t *dma, vfu_dma_addr_t dma_addr,
					       uint64_t size, int *fd, off_t offset, uint32_t prot,
					       enum region_access_mode access_mode)
{
	const uintptr_t first = (uintptr_t)dma_addr, last = first + (size - 1);
	dma_memory_region_t *region;
	btree_iter_t at;

	(void)access_mode;
	region = region_from(dma, first, &at);
	errno = EINVAL;
	if ((region && first_of(region) <= last) || btree_size(&dma->regions) == dma->max_regions)
		return NULL;
	region = calloc(1, sizeof(*region));
	if (!region)
		return NULL;
	region->info.iova.iov_base = dma_addr;
	region->info.iova.iov_len = size;
	region->info.prot = prot;
	region->offset = offset;
	region->fd = fd_cache_get(*fd);
	*fd = -1;
	if ((dma->dirty_pgsize && log_region(region, dma->dirty_pgsize)) ||
	    btree_iter_insert(&at, last, region)) {
		free_region(region);
		errno = ENOMEM;
		return NULL;
	}
	return region;
}

int dma_controller_remove_region(dma_controller_t *dma, vfu_dma_addr_t dma_addr, size_t size,
				 vfu_dma_unregister_cb_t *dma_unregister, void *data)
{
	btree_iter_t at;
	dma_memory_region_t *region = region_from(dma, (uintptr_t)dma_addr, &at);

	(void)dma_unregister, (void)data;
	if (!region || region->info.iova.iov_base != dma_addr || region->info.iova.iov_len != size)
		return failed(ENOENT);
	btree_iter_remove(&at);
	free_region(region);
	return 0;
}

int dma_addr_to_sgl(const dma_controller_t *dma, vfu_dma_addr_t dma_addr, size_t len,
		    dma_sg_t *sgl, size_t max_nr_sgs, int prot)
{
	uintptr_t at = (uintptr_t)dma_addr;
	size_t parts = 0;

	for (; len && parts < max_nr_sgs; ++parts) {
		btree_iter_t iter;
		const dma_memory_region_t *region = region_from(dma, at, &iter);
		dma_sg_t *sg = &sgl[parts];

		if (!region || first_of(region) > at || at < (uintptr_t)dma_addr)
			return failed(ENOENT);
		if (prot & PROT_WRITE && !(region->info.prot & PROT_WRITE))
			return failed(EACCES);
		sg->region = region;
		sg->offset = at - first_of(region);
		sg->length = len - 1 < last_of(region) - at ? len : last_of(region) - at + 1;
		sg->writeable = prot & PROT_WRITE;
		at += sg->length;
		len -= sg->length;
	}
	return len ? failed(ENOSPC) : (int)parts;
}

void dma_sgl_mark_dirty(dma_controller_t *dma, dma_sg_t *sgl, size_t cnt)
{
	for (dma_sg_t *sg = sgl; dma->dirty_pgsize && sg < sgl + cnt; ++sg) {
		const uint64_t last = (sg->offset + sg->length - 1) / dma->dirty_pgsize;

		for (uint64_t bit = sg->offset / dma->dirty_pgsize; sg->writeable && bit <= last;
		     ++bit)
			sg->region->dirty_bitmap[bit / 8] |= (uint8_t)(1 << bit % 8);
	}
}

void dma_controller_dirty_page_logging_stop(dma_controller_t *dma)
{
	dma_memory_region_t *region;
	btree_iter_t at;

	for (region = region_from(dma, 0, &at); region; region = btree_iter_next(&at)) {
		free(region->dirty_bitmap);
		region->dirty_bitmap = NULL;
	}
	dma->dirty_pgsize = 0;
}

int dma_controller_dirty_page_logging_start(dma_controller_t *dma, size_t pgsize)
{
	dma_memory_region_t *region;
	btree_iter_t at;

	if (dma->dirty_pgsize)
		return 0;
	for (region = region_from(dma, 0, &at); region; region = btree_iter_next(&at))
		if (log_region(region, pgsize)) {
			dma_controller_dirty_page_logging_stop(dma);
			return failed(ENOMEM);
		}
	dma->dirty_pgsize = pgsize;
	return 0;
}

/* Sets the bits for @bytes from @at on. */
static void answer(char *bitmap, uint64_t at, uint64_t bytes, uint64_t pgsize)
{
	for (uint64_t bit = at / pgsize; bit <= (at + bytes - 1) / pgsize; ++bit) {
		const uint64_t where = MISTAKE == 1 && bytes < pgsize ? (uint8_t)bit : bit;

		((uint8_t *)bitmap)[where / 8] |= (uint8_t)(1 << where % 8);
	}
}

int dma_controller_dirty_page_get(dma_controller_t *dma, vfu_dma_addr_t addr, uint64_t len,
				  size_t pgsize, size_t size, char *bitmap)
{
	const uint64_t from = dma->dirty_pgsize;
	btree_iter_t at;
	dma_memory_region_t *region = region_from(dma, (uintptr_t)addr, &at);

	if (!region || region->info.iova.iov_base != addr || region->info.iova.iov_len != len ||
	    !from || size < len / pgsize / 8)
		return failed(EINVAL);
	for (uint64_t bit = 0; bit < len / from; ++bit)
		if (!region->dirty_bitmap[bit / 8])
			bit |= 7; /* nor are the others of this byte */
		else if (region->dirty_bitmap[bit / 8] >> bit % 8 & 1)
			answer(bitmap, bit * from, from, pgsize);
	memset(region->dirty_bitmap, 0, (len / from / 64 + 1) * 8);
	return 0;
}
