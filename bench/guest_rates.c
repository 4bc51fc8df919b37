// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * How fast VFIO's IOMMU driver is, whichever is loaded: one system call after the other on one
 * container, whose device is the emulated one (docs/emulated-device.md). scripts/vm_bench.sh has it
 * run in a guest, where a second is 10^9 instructions, and so no figure depends on what else the
 * machine does. It is called as an exported program is. Prints lines "figure: NAME: RATE", in times
 * a second. Exit code: 0, 1 if a call failed, 2 if it cannot run.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "emu_ioctl.h"
#include "guest_program.h"

#define LEAST_SECONDS 0.05	/* that a figure is taken over */

enum { PAGE = 4096, SECONDS = 60 };
enum { SMALL = 4096, LARGE = 1 << 18, MANY = 65534, PINS = 512, RUN = 512, HUGE_BYTES = 1 << 21 };

static int container, emulated, device, hardware;
static unsigned char *memory;
static __u64 bitmap[LARGE / 64];

/* --- Calls --- */

static void map(__u64 first, __u64 nr_pages)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (unsigned long)memory + first * PAGE, .iova = first * PAGE,
		.size = nr_pages * PAGE};

	check(!ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
}

static void map_singly(__u64 nr_pages)
{
	for (__u64 i = 0; i < nr_pages; i++)
		map(i, 1);
}

static void unmap(__u64 first, __u64 nr_pages)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = first * PAGE, .size = nr_pages * PAGE};

	check(!ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap) && unmap.size == nr_pages * PAGE);
}

static void track(__u32 flag)
{
	struct vfio_iommu_type1_dirty_bitmap dirty = {.argsz = sizeof(dirty), .flags = flag};

	check(!ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &dirty));
}

static void get(__u64 first, __u64 nr_pages)
{
	struct vfio_iommu_type1_dirty_bitmap_get get = {
		.iova = first * PAGE, .size = nr_pages * PAGE,
		.bitmap = {.pgsize = PAGE, .size = (nr_pages + 63) / 64 * 8, .data = bitmap}};
	struct vfio_iommu_type1_dirty_bitmap head = {
		.argsz = sizeof(head) + sizeof(get),
		.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP};
	unsigned char argument[sizeof(head) + sizeof(get)];

	memcpy(argument, &head, sizeof(head));
	memcpy(argument + sizeof(head), &get, sizeof(get));
	check(!ioctl(container, VFIO_IOMMU_DIRTY_PAGES, argument));
}

static void pin(__s32 nr_pages)
{
	struct tidemark_emu_pages pages = {
		.argsz = sizeof(pages), .flags = TIDEMARK_EMU_READ | TIDEMARK_EMU_WRITE,
		.nr_pages = nr_pages};

	check(ioctl(device, TIDEMARK_EMU_PIN, &pages) == nr_pages);
}

static void unpin(__s32 nr_pages)
{
	struct tidemark_emu_pages pages = {.argsz = sizeof(pages), .nr_pages = nr_pages};

	check(!ioctl(device, TIDEMARK_EMU_UNPIN, &pages));
}

static void transfer(__u32 flags)
{
	static __u64 data;
	struct tidemark_emu_transfer rw = {.argsz = sizeof(rw), .flags = flags,
					   .size = sizeof(data), .data = (unsigned long)&data};

	check(!ioctl(device, TIDEMARK_EMU_RW, &rw));
}

/* --- What is measured --- */

static void start_stop(void)
{
	track(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
	track(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP);
}

static void map_unmap(void)
{
	map(0, 1);
	unmap(0, 1);
}

static void map_unmap_run(void)
{
	map(0, RUN);
	unmap(0, RUN);
}

static void pin_unpin(void)
{
	pin(1);
	unpin(1);
}

static void pin_unpin_many(void)
{
	pin(PINS);
	unpin(PINS);
}

static void read_some(void) { transfer(0); }
static void write_some(void) { transfer(TIDEMARK_EMU_WRITE); }
static void get_small(void) { get(0, SMALL); }
static void get_large(void) { get(0, LARGE); }
static void get_highest(void) { get(MANY - 1, 1); }

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void measure(const char *name, void (*once)(void))
{
	double took = 0;
	unsigned times = 4;

	once();
	while (took < LEAST_SECONDS) {
		double from = now();

		times *= 2;
		for (unsigned i = 0; i < times; i++)
			once();
		took = now() - from;
	}
	printf("figure: %s: %.0f\n", name, times / took);
}

/* While tracking is on, of pages from 0 on. */
static void measure_tracked(const char *name, void (*once)(void))
{
	track(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
	measure(name, once);
	track(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP);
}

static void measure_emulated(void)
{
	measure("MAP and UNMAP of a page", map_unmap);
	map(0, SMALL);
	measure("START and STOP, 4,096 pages", start_stop);
	measure_tracked("pin and unpin of a page", pin_unpin);
	measure_tracked("pin and unpin of 512 pages", pin_unpin_many);
	measure_tracked("rw that reads 8 bytes", read_some);
	measure_tracked("rw that writes 8 bytes", write_some);
	measure_tracked("GET of 4,096 clean pages", get_small);
	pin(PINS);
	measure_tracked("GET of 4,096 pages, 512 of them pinned", get_small);
	unpin(PINS);
	unmap(0, SMALL);
	map(0, LARGE);
	measure_tracked("GET of 262,144 clean pages", get_large);
	unmap(0, LARGE);
	map_singly(SMALL);
	measure_tracked("GET over 4,096 mappings", get_small);
	unmap(0, SMALL);
	map_singly(MANY);
	measure_tracked("GET of the highest of 65,534 mappings", get_highest);
	unmap(0, MANY);
}

static void measure_hardware(void)
{
	check(!ioctl(hardware, VFIO_GROUP_SET_CONTAINER, &container));
	measure("hardware: MAP and UNMAP of 512 pages", map_unmap_run);
	check(!ioctl(hardware, VFIO_GROUP_UNSET_CONTAINER));
}

static void set_up(char **argv)
{
	struct tidemark_emu_callback callback = {.argsz = sizeof(callback)};
	unsigned char *at = mmap(NULL, (size_t)LARGE * PAGE + HUGE_BYTES, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check(at != MAP_FAILED);
	memory = at + -(unsigned long)at % HUGE_BYTES;
	memset(memory, 1, (size_t)SMALL * PAGE);
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	emulated = open_group(argv[1]);
	hardware = open_group(argv[3]);
	check(container >= 0 && emulated >= 0 && hardware >= 0);
	check(!ioctl(emulated, VFIO_GROUP_SET_CONTAINER, &container));
	check(!ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	device = ioctl(emulated, VFIO_GROUP_GET_DEVICE_FD, argv[2]);
	check(device >= 0);
	check(!ioctl(device, TIDEMARK_EMU_ENROLL, &callback));
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "Usage: %s GROUP DEVICE GROUP DEVICE\n"
			"  GROUP DEVICE 1: emulated\n  GROUP DEVICE 2: hardware=0\n", argv[0]);
		return 2;
	}
	alarm(SECONDS);
	set_up(argv);
	measure_emulated();
	measure_hardware();
	return 0;
}
