// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A process that uses VFIO as its first argument says, and knows of no recorder. Ends with 0 if
 * all calls did what they should.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, THREADS = 8, CALLS = 1000 };

static int container, group, device;

#define check(condition)                                                            \
	do {                                                                        \
		if (!(condition)) {                                                 \
			fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition,  \
				strerror(errno));                                   \
			exit(1);                                                    \
		}                                                                   \
	} while (0)

static void set_up(const char *number)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%s", number);
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	check(container >= 0);
	check(ioctl(container, VFIO_GET_API_VERSION) == VFIO_API_VERSION);
	check(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) == 1);
	group = open(path, O_RDWR | O_CLOEXEC);
	check(group >= 0);
	check(!ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
	check(!ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "a-device");
	check(device >= 0);
}

static int map(__u64 iova, __u64 size, void *memory)
{
	struct vfio_iommu_type1_dma_map map = {.argsz = sizeof(map),
					       .flags = VFIO_DMA_MAP_FLAG_READ |
							VFIO_DMA_MAP_FLAG_WRITE,
					       .vaddr = (unsigned long)memory,
					       .iova = iova,
					       .size = size};

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map);
}

static int unmap(__u64 iova, __u64 size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = iova, .size = size};

	return ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap);
}

static int track(__u32 flags)
{
	struct vfio_iommu_type1_dirty_bitmap dirty = {.argsz = sizeof(dirty), .flags = flags};

	return ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &dirty);
}

/* What GET_BITMAP and an unmap with a bitmap have. */
struct range {
	__u32 argsz, flags;
	__u64 iova, size, pgsize, bitmap_size;
	void *bitmap;
};

static struct range range_of(__u32 flags, __u64 iova, __u64 pages, void *bitmap)
{
	return (struct range){.argsz = sizeof(struct range),
			      .flags = flags,
			      .iova = iova,
			      .size = pages * PAGE,
			      .pgsize = PAGE,
			      .bitmap_size = (pages + 63) / 64 * 8,
			      .bitmap = bitmap};
}

static int query(__u64 iova, __u64 pages, void *bitmap)
{
	struct range range =
		range_of(VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, iova, pages, bitmap);

	return ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &range);
}

/* The emulated device's own: docs/emulated-device.md. */
static void device_writes(__u64 iova, __u64 bytes)
{
	unsigned char data[2 * PAGE] = {0};
	struct {
		__u32 argsz, flags;
		__u64 iova, size, data;
	} rw = {sizeof(rw), 2, iova, bytes, (unsigned long)data};

	check(!ioctl(device, _IO(VFIO_TYPE, VFIO_BASE + 130), &rw));
}

static char *memory(size_t bytes, int protection)
{
	char *at = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check(at != MAP_FAILED);
	return at;
}

static void ask_info(__u32 room)
{
	union {
		struct vfio_iommu_type1_info info;
		char bytes[256];
	} all = {{.argsz = room}};

	check(!ioctl(container, VFIO_IOMMU_GET_INFO, &all));
}

/* A guest that starts, migrates and ends. */
static void session(void)
{
	char *guest = memory(128 * PAGE, PROT_READ | PROT_WRITE);
	__u64 words[3] = {0};
	struct range last = range_of(VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, 0, 4, words);

	ask_info(sizeof(struct vfio_iommu_type1_info));
	ask_info(256);
	check(!map(0, 4 * PAGE, guest));
	check(!map(0x100000, 100 * PAGE, guest + 4 * PAGE));
	check(map(0x1000, PAGE, guest) == -1 && errno == EEXIST);
	check(map(0x10000000, PAGE, guest + 1) == -1 && errno == EINVAL);
	check(query(0, 4, words) == -1 && errno == EINVAL);
	check(!track(VFIO_IOMMU_DIRTY_PAGES_FLAG_START));
	device_writes(PAGE - 1, 2);
	device_writes(0x100000 + 70 * PAGE, 1);
	check(!query(0, 4, words) && words[0] == 3);
	words[0] = 0;
	check(!query(0x100000, 100, words) && !words[0] && words[1] == 1 << 6);
	/* A buffer that has bits already: of what was stored, only what is new can be seen. */
	device_writes(0x100000, 1);
	device_writes(0x100000 + PAGE, 1);
	words[0] = 1;
	check(!query(0x100000, 100, words) && words[0] == 3);
	memset(words, 0, sizeof(words));
	device_writes(3 * PAGE, 1);
	check(!ioctl(container, VFIO_IOMMU_UNMAP_DMA, &last) && last.size == 4 * PAGE);
	check(words[0] == 8);
	check(!track(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP));
	check(!unmap(0x100000, 100 * PAGE));
	check(ioctl(container, _IO(VFIO_TYPE, VFIO_BASE + 15)) == -1 && errno == ENOTTY);
	check(!ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
}

/* All that is mapped is dirty, always. */
static void with_hardware(void)
{
	char *guest = memory(4 * PAGE, PROT_READ | PROT_WRITE);
	__u64 words[1] = {0};

	ask_info(256);
	check(!map(0x100000, 4 * PAGE, guest));
	check(!track(VFIO_IOMMU_DIRTY_PAGES_FLAG_START));
	for (int i = 0; i < 2; i++) {
		check(!query(0x100000, 4, words) && words[0] == 0xf);
		words[0] = 0;
	}
	check(map(0x200000, PAGE, memory(PAGE, PROT_NONE)) == -1 && errno == EFAULT);
	check(!unmap(0x100000, 4 * PAGE));
}

/* What nobody may read or write is EFAULT, and nothing worse. */
static void bad_pointers(void)
{
	char *none = memory(PAGE, PROT_NONE), *edge = memory(2 * PAGE, PROT_READ | PROT_WRITE);
	char *guest = memory(PAGE, PROT_READ | PROT_WRITE);
	unsigned long requests[] = {VFIO_IOMMU_MAP_DMA, VFIO_IOMMU_UNMAP_DMA,
				    VFIO_IOMMU_DIRTY_PAGES, VFIO_IOMMU_GET_INFO};

	check(!mprotect(edge + PAGE, PAGE, PROT_NONE));
	for (unsigned int i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		check(ioctl(container, requests[i], NULL) == -1 && errno == EFAULT);
		check(ioctl(container, requests[i], none) == -1 && errno == EFAULT);
		check(ioctl(container, requests[i], edge + PAGE - 4) == -1 && errno == EFAULT);
	}
	check(!map(0, PAGE, guest));
	check(!track(VFIO_IOMMU_DIRTY_PAGES_FLAG_START));
	device_writes(0, 1);
	check(query(0, 1, none) == -1 && errno == EFAULT);
	check(!query(0, 1, guest));
}

static void *ask_often(void *unused)
{
	(void)unused;
	for (int i = 0; i < CALLS; i++)
		check(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL) == 1);
	return NULL;
}

static void threads(void)
{
	pthread_t all[THREADS];

	for (int i = 0; i < THREADS; i++)
		check(!pthread_create(&all[i], NULL, ask_often, NULL));
	for (int i = 0; i < THREADS; i++)
		check(!pthread_join(all[i], NULL));
}

/* Says of each call that it has returned, until it is killed. */
static void forever(void)
{
	for (;;) {
		check(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL) == 1);
		check(write(STDOUT_FILENO, ".", 1) == 1);
	}
}

/* The child has the container, and then is another program, which has one of its own. */
static void with_child(char *name)
{
	char *guest = memory(PAGE, PROT_READ | PROT_WRITE);
	int status;
	pid_t child;

	check(!map(0, PAGE, guest));
	child = fork();
	check(child >= 0);
	if (!child) {
		check(!map(PAGE, PAGE, guest));
		execl(name, name, "session", "8", NULL);
		check(0);
	}
	check(waitpid(child, &status, 0) == child && !status);
	check(!unmap(0, 2 * PAGE));
}

/* By other ways, and through other numbers. */
static void other_ways(void)
{
	int copy = dup(container), high = fcntl(container, F_DUPFD, 200);

	check(syscall(SYS_ioctl, container, VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL) == 1);
	check(ioctl(copy, VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL) == 1);
	check(dup2(high, 201) == 201);
	closefrom(210); /* the log, too */
	check(!close(container));
	check(ioctl(201, VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL) == 1);
	/* The number is another container's now. */
	check(open("/dev/vfio/vfio", O_RDWR) == container);
	check(!ioctl(container, VFIO_GET_API_VERSION));
	check(!close_range((unsigned int)container, (unsigned int)container, 0));
	check(!close(copy) && !close(high) && !close(201));
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Microseconds that a call of VFIO's takes, and one that is none of its. */
static void figures(void)
{
	char *guest = memory(PAGE, PROT_READ | PROT_WRITE);
	const int calls = 20000;
	double begun = seconds(), middle;

	for (int i = 0; i < calls / 2; i++) {
		check(!map(0, PAGE, guest));
		check(!unmap(0, PAGE));
	}
	middle = seconds();
	for (int i = 0; i < calls; i++)
		ioctl(-1, FIONREAD, guest);
	printf("%.3f %.3f\n", (middle - begun) / calls * 1e6, (seconds() - middle) / calls * 1e6);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "nothing";

	if (!strcmp(what, "nothing"))
		return ioctl(0, FIONREAD, &container) && 0;
	set_up(argc > 2 ? argv[2] : "7");
	if (!strcmp(what, "session"))
		session();
	else if (!strcmp(what, "hardware"))
		with_hardware();
	else if (!strcmp(what, "bad-pointers"))
		bad_pointers();
	else if (!strcmp(what, "threads"))
		threads();
	else if (!strcmp(what, "forever"))
		forever();
	else if (!strcmp(what, "with-child"))
		with_child(argv[0]);
	else if (!strcmp(what, "other-ways"))
		other_ways();
	else if (!strcmp(what, "figures"))
		figures();
	else
		return 3;
	return 0;
}
