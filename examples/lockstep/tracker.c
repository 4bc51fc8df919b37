/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The tracker alone, in a process whose memory is this one's: what a device wrote to, a query
 * reports. Exit code: 0 it does, 1 it does not, 2 it could not run.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/vfio.h>

#include "os_machine.h"
#include "tidemark.h"

#define PAGE_BYTES 4096
#define NR_PAGES 4

static _Alignas(PAGE_BYTES) unsigned char memory[NR_PAGES * PAGE_BYTES];

static size_t copy_from_user(void *context, void *to, __u64 from, size_t bytes)
{
	(void)context;
	memcpy(to, (const void *)(uintptr_t)from, bytes);
	return 0;
}

static size_t copy_to_user(void *context, __u64 to, const void *from, size_t bytes)
{
	(void)context;
	memcpy((void *)(uintptr_t)to, from, bytes);
	return 0;
}

static bool access_ok(void *context, __u64 address, __u64 bytes)
{
	(void)context;
	return address + bytes >= address;
}

/* One bit a page, or what went wrong, below 0. */
static long dirty_after_a_write(struct tidemark_container *container)
{
	const struct tidemark_group_info group = { 0 }; /* emulated */
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.size = sizeof(memory),
	};
	struct vfio_iommu_type1_dirty_bitmap start = {
		.argsz = sizeof(start),
		.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
	};
	struct vfio_iommu_type1_dirty_bitmap dirty = {
		.argsz = sizeof(dirty) + sizeof(struct vfio_iommu_type1_dirty_bitmap_get),
		.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
	};
	struct vfio_iommu_type1_dirty_bitmap_get get = { .size = sizeof(memory) };
	unsigned char query[sizeof(dirty) + sizeof(get)];
	__u64 word = 0;
	long result;

	get.bitmap.pgsize = PAGE_BYTES;
	get.bitmap.size = sizeof(word);
	get.bitmap.data = (void *)&word;
	memcpy(query, &dirty, sizeof(dirty));
	memcpy(query + sizeof(dirty), &get, sizeof(get));

	result = tidemark_group_attach(container, &group, &group);
	if (!result)
		result = tidemark_container_ioctl(container, VFIO_IOMMU_MAP_DMA, (uintptr_t)&map);
	if (!result)
		result = tidemark_container_ioctl(container, VFIO_IOMMU_DIRTY_PAGES,
						  (uintptr_t)&start);
	/* The last byte of page 1 and the first of page 2. */
	if (!result)
		result = tidemark_memory_write(container, 2 * PAGE_BYTES - 1, "ab", 2);
	if (!result)
		result = tidemark_container_ioctl(container, VFIO_IOMMU_DIRTY_PAGES,
						  (uintptr_t)query);
	tidemark_group_detach(container, &group);
	return result ? result : (long)word;
}

int main(void)
{
	const struct tidemark_config config = {
		.type = VFIO_TYPE1v2_IOMMU,
		.dma_entry_limit = 65535,
	};
	struct os_process process = { .locked_limit_pages = NR_PAGES };
	struct os_machine machine = {
		.copy_from_user = copy_from_user,
		.copy_to_user = copy_to_user,
		.access_ok = access_ok,
		.process = &process,
	};
	struct tidemark_container *container;
	long dirty;

	os_current = &machine;
	if (tidemark_container_create(&config, &container))
		return 2;
	dirty = dirty_after_a_write(container);
	tidemark_container_destroy(container);
	if (dirty < 0 || printf("dirty 0:%#lx\n", dirty) < 0 || fflush(stdout))
		return 2;
	return dirty == 0x6 ? 0 : 1;
}
