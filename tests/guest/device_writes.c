// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A container that has nothing but a real device, which writes by itself: what it could have
 * written is reported, it reaches what is mapped and nothing else. scripts/vm.sh puts this into a
 * guest, and calls it as an exported program, with the number of a group below /dev/vfio and the
 * name of the device in it. The device is QEMU's edu, which copies less than a page between memory
 * and a buffer of its own. Exit code: 0 all as expected, 1 not, 2 it cannot run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest_program.h"

enum { PAGE = 4096, PAGES = 16, COPIED = 2048, SECONDS = 30 };
/* Device addresses: the device has 28 bits of them. */
enum { WRITABLE = 0x100000, READABLE = 0x200000 };
/* The device's registers, its commands, and its buffer. */
enum { FROM = 0x80, TO = 0x88, COUNT = 0x90, COMMAND = 0x98, BUFFER = 0x40000 };
enum { RUNS = 1, TO_MEMORY = 2 };

static int container, group, device;
static volatile unsigned char *registers;

static void set_up(const char *number, const char *name)
{
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	check(container >= 0);
	group = open_group(number);
	check(group >= 0);
	check(!ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
	check(!ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
	check(device >= 0);
}

static struct vfio_region_info region(__u32 index)
{
	struct vfio_region_info info = {.argsz = sizeof(info), .index = index};

	check(!ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info));
	return info;
}

static void let_it_write(void)
{
	const struct vfio_region_info config = region(VFIO_PCI_CONFIG_REGION_INDEX);
	const struct vfio_region_info bar = region(VFIO_PCI_BAR0_REGION_INDEX);
	const __u16 command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	check(pwrite(device, &command, sizeof(command), config.offset + PCI_COMMAND) ==
	      sizeof(command));
	registers = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, bar.offset);
	check(registers != MAP_FAILED);
}

static void set_register(unsigned number, __u64 value)
{
	*(volatile __u64 *)(registers + number) = value;
}

static __u64 get_register(unsigned number)
{
	return *(volatile __u64 *)(registers + number);
}

/* The first half of a page between memory and the device. */
static void copy(__u64 from, __u64 to, __u64 direction)
{
	set_register(FROM, from);
	set_register(TO, to);
	set_register(COUNT, COPIED);
	set_register(COMMAND, RUNS | direction);
	while (get_register(COMMAND) & RUNS)
		usleep(1000);
}

static unsigned char *user_memory(unsigned char fill)
{
	unsigned char *memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED);
	return memset(memory, fill, PAGES * PAGE);
}

static int is_full_of(const unsigned char *half, unsigned char value)
{
	for (unsigned i = 0; i < COPIED; i++)
		if (half[i] != value)
			return 0;
	return 1;
}

static int map(__u64 iova, void *memory, __u32 flags)
{
	struct vfio_iommu_type1_dma_map map = {.argsz = sizeof(map), .flags = flags,
					       .vaddr = (unsigned long)memory, .iova = iova,
					       .size = PAGES * PAGE};

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map);
}

static int tracking(__u32 flags)
{
	struct vfio_iommu_type1_dirty_bitmap dirty = {.argsz = sizeof(dirty), .flags = flags};

	return ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &dirty);
}

/* Which pages of a mapping are dirty, or ~0 if there is no answer. */
static __u64 dirty_pages(__u64 iova)
{
	__u64 word = 0;
	struct vfio_iommu_type1_dirty_bitmap_get get = {
		.iova = iova, .size = PAGES * PAGE,
		.bitmap = {.pgsize = PAGE, .size = sizeof(word), .data = &word}};
	struct vfio_iommu_type1_dirty_bitmap head = {
		.argsz = sizeof(head) + sizeof(get),
		.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP};
	unsigned char argument[sizeof(head) + sizeof(get)];

	memcpy(argument, &head, sizeof(head));
	memcpy(argument + sizeof(head), &get, sizeof(get));
	return ioctl(container, VFIO_IOMMU_DIRTY_PAGES, argument) ? ~0ull : word;
}

static __u64 unmap_with_bitmap(__u64 iova)
{
	__u64 word = 0;
	struct vfio_bitmap bitmap = {.pgsize = PAGE, .size = sizeof(word), .data = &word};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap) + sizeof(bitmap),
		.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, .iova = iova,
		.size = PAGES * PAGE};
	unsigned char argument[sizeof(unmap) + sizeof(bitmap)];

	memcpy(argument, &unmap, sizeof(unmap));
	memcpy(argument + sizeof(unmap), &bitmap, sizeof(bitmap));
	check(!ioctl(container, VFIO_IOMMU_UNMAP_DMA, argument));
	memcpy(&unmap, argument, sizeof(unmap));
	check(unmap.size == PAGES * PAGE);
	return word;
}

int main(int argc, char **argv)
{
	const __u64 all = (1ull << PAGES) - 1;
	const __u32 read = VFIO_DMA_MAP_FLAG_READ, write = VFIO_DMA_MAP_FLAG_WRITE;

	if (argc != 3) {
		fprintf(stderr, "Usage: %s GROUP DEVICE\n  GROUP DEVICE 1: hardware\n", argv[0]);
		return 2;
	}
	alarm(SECONDS);
	set_up(argv[1], argv[2]);
	let_it_write();

	unsigned char *writable = user_memory(1), *readable = user_memory(2);

	check(!map(WRITABLE, writable, read | write));
	check(!map(READABLE, readable, read));
	check(!tracking(VFIO_IOMMU_DIRTY_PAGES_FLAG_START));

	/* It writes where it may, and whoever asks is told of each page that it could write. */
	copy(READABLE, BUFFER, 0);
	copy(BUFFER, WRITABLE + 9 * PAGE, TO_MEMORY);
	check(is_full_of(writable + 9 * PAGE, 2));
	check(is_full_of(writable + 9 * PAGE - COPIED, 1));
	check(is_full_of(writable + 9 * PAGE + COPIED, 1));
	check(dirty_pages(WRITABLE) == all);
	check(dirty_pages(WRITABLE) == all);

	/* Where it may only read, it does not. */
	copy(WRITABLE, BUFFER, 0);
	copy(BUFFER, READABLE, TO_MEMORY);
	check(is_full_of(readable, 2));

	/* What is unmapped is reported once more, and out of its reach. */
	copy(READABLE, BUFFER, 0);
	check(unmap_with_bitmap(WRITABLE) == all);
	copy(BUFFER, WRITABLE, TO_MEMORY);
	check(is_full_of(writable, 1));
	check(dirty_pages(WRITABLE) == 0);

	/* The same addresses are other memory now. */
	unsigned char *other = user_memory(3);

	check(!map(WRITABLE, other, read | write));
	copy(BUFFER, WRITABLE, TO_MEMORY);
	check(is_full_of(other, 2) && is_full_of(writable, 1));
	check(dirty_pages(WRITABLE) == all);
	check(!tracking(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP));
	check(dirty_pages(WRITABLE) == ~0ull && errno == EINVAL);

	/* Without its group the container maps nothing, and has no type. */
	munmap((void *)registers, region(VFIO_PCI_BAR0_REGION_INDEX).size);
	close(device);
	check(!ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
	check(tracking(VFIO_IOMMU_DIRTY_PAGES_FLAG_START) && errno == EINVAL);
	printf("all as expected\n");
	return 0;
}
