/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A container whose mappings and marks are those of a DMA controller of libvfio-user. A mapping
 * is a region of a file whose offset is the mapping's user address, so that nothing about it has
 * to be kept here.
 *
 * Addresses and sizes are bytes, ranges [first, last] include both ends. Errors are -errno, and
 * leave the regions as they were. One thread.
 */
#ifndef TIDEMARK_LIBVFIO_USER_REGIONS_H
#define TIDEMARK_LIBVFIO_USER_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <tidemark/subject.h>

#define PAGE_BYTES ((__u64)4096)
#define NONE (~(__u64)0)

struct dma_controller;

struct container {
	const struct tidemark_subject_world *world;
	struct dma_controller *dma;
	int memory; /* the file that all regions are of; it has no content */
	__u64 most_regions;
	unsigned int groups; /* a bit for each */
};

/* What was dirty in the regions of a range, and is clean since; ascending. */
struct dirty_region {
	struct dirty_region *next;
	__u64 first, last;
	char *bits; /* one for each @page_bytes, as the controller gave them */
	size_t bytes, page_bytes;
};

/* False: there is no memory, or no file. */
bool regions_create(struct container *c);
void regions_release(struct container *c);

__u64 regions_count(const struct container *c);
bool regions_are_logged(const struct container *c);

/* Of [first, last], which is page-aligned and not empty; D10 from step 3 on. */
int regions_add(struct container *c, __u64 first, __u64 last, __u64 vaddr, int rights);
/* Is there one that the range contains only a part of? */
bool regions_are_cut(struct container *c, __u64 first, __u64 last);
/* All of a range that cuts none; how many bytes that were. */
__u64 regions_bytes(struct container *c, __u64 first, __u64 last);
void regions_remove(struct container *c, __u64 first, __u64 last);

int regions_start(struct container *c);
void regions_stop(struct container *c);

/* What is dirty, of a range that cuts none. It is clean then, until it is given back. */
int regions_take_dirty(struct container *c, __u64 first, __u64 last, struct dirty_region **dirty);
/* Its next dirty page from the @page'th on, or NONE. */
__u64 dirty_region_next(const struct dirty_region *dirty, __u64 page);
/* Marks it again, if @again, and frees it. */
void regions_end_dirty(struct container *c, struct dirty_region *dirty, bool again);

/* D12 */
int regions_rw(struct container *c, __u64 iova, char *data, size_t bytes, bool write);

void regions_visit(struct container *c, const struct tidemark_subject_visitor *visitor);

#endif
