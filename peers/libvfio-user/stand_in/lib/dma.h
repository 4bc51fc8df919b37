/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Regions of device addresses, and which of their pages are dirty. Failures are -1 and errno. */
#ifndef STAND_IN_DMA_H
#define STAND_IN_DMA_H

#include <libvfio-user.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "btree.h"

enum region_access_mode {
	REGION_ACCESS_MODE_FILE_IO,
};

typedef struct {
	vfu_dma_info_t info;
	int fd;
	off_t offset;
	/* A bit for each dirty_pgsize bytes, in whole words of 64; null while nothing is logged. */
	uint8_t *dirty_bitmap;
} dma_memory_region_t;

struct dma_sg {
	const dma_memory_region_t *region;
	uint64_t length, offset; /* of a part of it */
	bool writeable;
};

typedef struct dma_controller {
	size_t max_regions;
	size_t dirty_pgsize; /* 0: nothing is logged */
	btree_t regions;     /* by last byte */
} dma_controller_t;

dma_controller_t *dma_controller_create(vfu_ctx_t *vfu_ctx, size_t max_regions, size_t max_size);
void dma_controller_remove_all_regions(dma_controller_t *dma,
				       vfu_dma_unregister_cb_t *dma_unregister, void *data);
void dma_controller_destroy(dma_controller_t *dma);

/* Takes *@fd. EINVAL: overlaps another, or there are too many. */
dma_memory_region_t *dma_controller_add_region(dma_controller_t *dma, vfu_dma_addr_t dma_addr,
					       uint64_t size, int *fd, off_t offset, uint32_t prot,
					       enum region_access_mode access_mode);
int dma_controller_remove_region(dma_controller_t *dma, vfu_dma_addr_t dma_addr, size_t size,
				 vfu_dma_unregister_cb_t *dma_unregister, void *data);

/* How many parts the bytes lie in, of at most @max_nr_sgs. EACCES, or ENOENT for a hole. */
int dma_addr_to_sgl(const dma_controller_t *dma, vfu_dma_addr_t dma_addr, size_t len,
		    dma_sg_t *sgl, size_t max_nr_sgs, int prot);
void dma_sgl_mark_dirty(dma_controller_t *dma, dma_sg_t *sgl, size_t cnt);

int dma_controller_dirty_page_logging_start(dma_controller_t *dma, size_t pgsize);
void dma_controller_dirty_page_logging_stop(dma_controller_t *dma);
/* Of one region, which is clean afterwards. @bitmap: a bit for @pgsize bytes; zeroed. */
int dma_controller_dirty_page_get(dma_controller_t *dma, vfu_dma_addr_t addr, uint64_t len,
				  size_t pgsize, size_t size, char *bitmap);

#endif
