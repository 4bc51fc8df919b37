// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The parts of a C reproducer that have to do with groups, devices and what is
// asked of the kernel besides VFIO. See export_c_parts.h.
#pragma once

namespace tidemark::c_parts {

// Also in docs/emulated-device.md, word by word.
inline constexpr char kDevice[] = R"part(
struct tidemark_emu_pages {
	__u32 argsz;
	__u32 flags;		/* PIN: READ, WRITE */
#define TIDEMARK_EMU_READ	(1 << 0)
#define TIDEMARK_EMU_WRITE	(1 << 1)
	__u64 iova;
	__s32 nr_pages;		/* of 4096 bytes; passed on as it is */
	__u32 reserved;
};
#define TIDEMARK_EMU_PIN	_IO(VFIO_TYPE, VFIO_BASE + 128)
#define TIDEMARK_EMU_UNPIN	_IO(VFIO_TYPE, VFIO_BASE + 129)

struct tidemark_emu_transfer {
	__u32 argsz;
	__u32 flags;		/* RW: WRITE, else it reads; DMA: GROUP */
#define TIDEMARK_EMU_GROUP	(1 << 2)
	__u64 iova;
	__u64 size;		/* bytes, at most 1048576 */
	__u64 data;		/* RW: user address of the bytes */
};
#define TIDEMARK_EMU_RW		_IO(VFIO_TYPE, VFIO_BASE + 130)
#define TIDEMARK_EMU_DMA	_IO(VFIO_TYPE, VFIO_BASE + 131)

struct tidemark_emu_callback {
	__u32 argsz;
	__u32 flags;		/* ENROLL: KEEP */
#define TIDEMARK_EMU_KEEP	(1 << 3)
	__u32 nr_callbacks;	/* HOLD */
	__u32 timeout_ms;	/* WAIT */
	__u64 iova;		/* WAIT: out, what the callback is about */
	__u64 size;
};
#define TIDEMARK_EMU_ENROLL	_IO(VFIO_TYPE, VFIO_BASE + 132)
#define TIDEMARK_EMU_WITHDRAW	_IO(VFIO_TYPE, VFIO_BASE + 133)
#define TIDEMARK_EMU_HOLD	_IO(VFIO_TYPE, VFIO_BASE + 134)
#define TIDEMARK_EMU_WAIT	_IO(VFIO_TYPE, VFIO_BASE + 135)
#define TIDEMARK_EMU_GO		_IO(VFIO_TYPE, VFIO_BASE + 136)
)part";

inline constexpr char kGroups[] = R"part(
/* --- Groups and devices --- */

static const unsigned nr_slots = sizeof(slots) / sizeof(*slots);

static void set_up(int argc, char **argv, unsigned long type)
{
	char path[64];

	if (argc != (int)(1 + 2 * nr_slots)) {
		fprintf(stderr, "Usage: %s", argv[0]);
		for (unsigned i = 0; i < nr_slots; i++)
			fprintf(stderr, " GROUP DEVICE");
		fprintf(stderr, "\n");
		for (unsigned i = 0; i < nr_slots; i++)
			fprintf(stderr, "  GROUP DEVICE %u: %s\n", i + 1, slots[i].kind);
		for (const struct parameter *p = parameters; p->name; p++)
			fprintf(stderr, "  PARAMETER %s=%s\n", p->name, p->value);
		exit(2);
	}
	/* A kernel that keeps this process must not keep whoever waits for it. */
	alarm(60);
	for (const struct parameter *p = parameters; p->name; p++)
		need_parameter(p);
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (container < 0)
		cannot("/dev/vfio/vfio");
	if (ioctl(container, VFIO_GET_API_VERSION) != VFIO_API_VERSION)
		cannot_run("another version of VFIO");
	for (unsigned i = 0; i < nr_slots; i++) {
		snprintf(path, sizeof(path), "/dev/vfio/%.40s", argv[1 + 2 * i]);
		slots[i].device_name = argv[2 + 2 * i];
		slots[i].group = open(path, O_RDWR | O_CLOEXEC);
		if (slots[i].group < 0)
			cannot(path);
	}
	/* A container has a type only while it has a group. */
	if (ioctl(slots[0].group, VFIO_GROUP_SET_CONTAINER, &container))
		cannot("VFIO_GROUP_SET_CONTAINER");
	slots[0].joined = 1;
	if (ioctl(container, VFIO_SET_IOMMU, type))
		cannot("VFIO_SET_IOMMU");
	for (int i = 0; i < 2; i++) {
		make_area(&arguments[i], ARGUMENT_WORDS);
		make_area(&bitmaps[i], BITMAP_WORDS);
	}
}

unused static long tell(int device, unsigned long command, void *argument)
{
	return call(device, command, (unsigned long)argument);
}

unused static void tell_enrolled(const struct slot *slot)
{
	struct tidemark_emu_callback callback = {
		.argsz = sizeof(callback), .flags = slot->keeps ? TIDEMARK_EMU_KEEP : 0};

	if (tell(slot->device, TIDEMARK_EMU_ENROLL, &callback))
		cannot_run("the device does not know TIDEMARK_EMU_ENROLL");
}

/* Its file, for which its group has to be in the container. */
unused static int device_of(unsigned number)
{
	struct slot *slot = &slots[number];

	if (slot->device >= 0)
		return slot->device;
	if (!slot->joined && ioctl(slot->group, VFIO_GROUP_SET_CONTAINER, &container))
		cannot("VFIO_GROUP_SET_CONTAINER");
	slot->joined = 1;
	slot->device = ioctl(slot->group, VFIO_GROUP_GET_DEVICE_FD, slot->device_name);
	if (slot->device < 0)
		cannot(slot->device_name);
	if (slot->enrolled)
		tell_enrolled(slot);
	return slot->device;
}

unused static long attach(unsigned number)
{
	struct slot *slot = &slots[number];
	long result = 0;

	if (!slot->joined || slot->attached)
		result = call(slot->group, VFIO_GROUP_SET_CONTAINER, (unsigned long)&container);
	if (result)
		return result;
	slot->joined = slot->attached = 1;
	if (slot->enrolled)
		device_of(number);
	return 0;
}

/*
 * The first group stays, for the container's sake. So does an emulated one whose
 * device is enrolled: VFIO lets a group go only when its device is closed. A
 * group that has nothing pinned and nothing to write with is not seen.
 */
unused static void detach(unsigned number)
{
	struct slot *slot = &slots[number];
	struct vfio_iommu_type1_dma_unmap all = {.argsz = sizeof(all),
						 .flags = VFIO_DMA_UNMAP_FLAG_ALL};
	int was = slot->attached;

	slot->attached = 0;
	if (was && number && (slot->hardware || !slot->enrolled)) {
		if (slot->device >= 0 && slot->pinned)
			inexact("to let the group go, its device is closed, and loses its pins");
		if (slot->device >= 0)
			close(slot->device);
		slot->device = -1;
		slot->pinned = 0;
		slot->joined = 0;
		if (ioctl(slot->group, VFIO_GROUP_UNSET_CONTAINER))
			cannot("VFIO_GROUP_UNSET_CONTAINER");
	}
	for (unsigned i = 0; i < nr_slots; i++)
		if (slots[i].attached)
			return;
	/* The last group takes all mappings along. */
	if (was && ioctl(container, VFIO_IOMMU_UNMAP_DMA, &all))
		cannot("VFIO_IOMMU_UNMAP_DMA of everything");
}

unused static void enroll(unsigned number, int keeps)
{
	struct slot *slot = &slots[number];

	slot->enrolled = 1;
	slot->keeps = keeps;
	if (slot->device >= 0)
		tell_enrolled(slot);
	else if (slot->joined || !slot->hardware)
		device_of(number);
}

unused static void withdraw(unsigned number)
{
	struct slot *slot = &slots[number];

	if (slot->enrolled && slot->device >= 0 &&
	    tell(slot->device, TIDEMARK_EMU_WITHDRAW, NULL))
		cannot_run("the device does not know TIDEMARK_EMU_WITHDRAW");
	slot->enrolled = 0;
}

unused static long pin(unsigned number, __u32 flags, __u64 iova, __s32 nr_pages)
{
	struct tidemark_emu_pages pages = {
		.argsz = sizeof(pages), .flags = flags, .iova = iova, .nr_pages = nr_pages};
	long result = tell(device_of(number), TIDEMARK_EMU_PIN, &pages);

	if (result == -ENOTTY)
		cannot_run("the device does not know TIDEMARK_EMU_PIN");
	if (result > 0)
		slots[number].pinned = 1;
	return result;
}

unused static void unpin(unsigned number, __u64 iova, __s32 nr_pages)
{
	struct tidemark_emu_pages pages = {
		.argsz = sizeof(pages), .iova = iova, .nr_pages = nr_pages};

	tell(device_of(number), TIDEMARK_EMU_UNPIN, &pages);
}

/* Which device asks makes no difference. */
unused static long transfer(__u32 flags, __u64 iova, __u64 size)
{
	unsigned char *data = malloc(size ? size : 1);
	struct tidemark_emu_transfer rw = {.argsz = sizeof(rw), .flags = flags, .iova = iova,
					   .size = size, .data = (unsigned long)data};
	long result;

	if (!data)
		cannot("malloc");
	memset(data, flags ? step % 255 + 1 : 0, size);
	result = tell(device_of(0), TIDEMARK_EMU_RW, &rw);
	free(data);
	return result;
}

unused static void dma(unsigned number, __u32 flags, __u64 iova, __u64 size)
{
	struct tidemark_emu_transfer write = {
		.argsz = sizeof(write), .flags = flags, .iova = iova, .size = size};

	tell(device_of(number), TIDEMARK_EMU_DMA, &write);
}
)part";

// For programs with an IOMMU, which sees where memory lies in the host.
inline constexpr char kHostMemory[] = R"part(
/* --- Memory as it lies in the host --- */

enum { HUGE_PAGE = 1 << 21, FILLED_MAX = 64 << 20 };

/* Huge pages: what follows each other here does so in the host, from 2 MiB to 2 MiB. */
unused static void contiguous_memory(__u64 address, __u64 bytes)
{
	void *at = (void *)(unsigned long)address;

	user_memory(address, bytes);
	if (bytes / 4096 > (__u64)sysconf(_SC_PHYS_PAGES)) {
		/* Whoever pinned it would be ended for want of memory. */
		inexact("this machine has less memory");
		if (mprotect(at, bytes, PROT_NONE))
			cannot("mprotect");
		return;
	}
	madvise(at, bytes, MADV_HUGEPAGE);
	if (bytes <= FILLED_MAX)
		memset(at, 0, bytes);
}

/* Pieces that follow each other here, but not in the host: every other one of huge pages. */
unused static void memory_in_pieces(__u64 address, __u64 bytes, __u64 piece)
{
	size_t room = 2 * bytes + 2 * HUGE_PAGE;
	char *pool;

	user_memory(address, bytes);
	if (bytes > FILLED_MAX)
		return;
	pool = mmap(NULL, room, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pool == MAP_FAILED)
		cannot("mmap");
	pool += -(unsigned long)pool % HUGE_PAGE;
	madvise(pool, (2 * bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
	memset(pool, 0, 2 * bytes);
	for (__u64 at = 0; at < bytes; at += piece)
		if (mremap(pool + 2 * at, piece, piece, MREMAP_MAYMOVE | MREMAP_FIXED,
			   (void *)(unsigned long)(address + at)) == MAP_FAILED)
			cannot("mremap");
}
)part";

inline constexpr char kWindows[] = R"part(
/*
 * --- Inside callbacks ---
 *
 * A second thread unmaps. A callback that is held waits, and so does its unmap,
 * while this thread does what the program wants done there.
 */
static pthread_t unmapper;
static void *unmapper_argument;

static void *run_unmap(void *result)
{
	*(long *)result =
		call(container, VFIO_IOMMU_UNMAP_DMA, (unsigned long)unmapper_argument);
	return NULL;
}

static long unmap_result;

static void begin_unmap(const struct vfio_iommu_type1_dma_unmap *unmap,
			const struct vfio_bitmap *bitmap)
{
	struct unmap_argument argument = unmap_argument(unmap, bitmap);

	unmapper_argument = user_argument(&argument, sizeof(argument));
	next = usual;
	errno = pthread_create(&unmapper, NULL, run_unmap, &unmap_result);
	if (errno)
		cannot("pthread_create");
}

static long end_unmap(void)
{
	errno = pthread_join(unmapper, NULL);
	if (errno)
		cannot("pthread_join");
	settle();
	return unmap_result;
}

/* So many of the device's next callbacks wait. */
static void hold(unsigned number, __u32 nr_callbacks)
{
	struct tidemark_emu_callback callback = {.argsz = sizeof(callback),
						 .nr_callbacks = nr_callbacks};

	if (tell(device_of(number), TIDEMARK_EMU_HOLD, &callback))
		cannot_run("the device does not know TIDEMARK_EMU_HOLD");
}

static void enter_callback(unsigned number)
{
	struct tidemark_emu_callback callback = {.argsz = sizeof(callback), .timeout_ms = 5000};
	char a[32];
	long result = tell(device_of(number), TIDEMARK_EMU_WAIT, &callback);

	if (result)
		differs("callback", "one of this device", result_name(result, a));
	depth = 1;
}

static void leave_callback(unsigned number)
{
	depth = 0;
	if (slots[number].device < 0)
		return;		/* closed meanwhile, which lets the callback go */
	if (tell(slots[number].device, TIDEMARK_EMU_GO, NULL))
		cannot_run("the device does not know TIDEMARK_EMU_GO");
}
)part";

}  // namespace tidemark::c_parts
