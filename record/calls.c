// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bitmap.h"
#include "log_file.h"
#include "objects.h"
#include "peek.h"
#include "real_libc.h"

enum { USUAL_LINE = 4096, MOST_INFO = 1024, PAGE = 4096 };
#define NS_OF_SECOND 1000000000ull

/* What UNMAP and DIRTY_PAGES have: a header, and behind it a range or a bitmap. */
struct range {
	uint32_t argsz, flags;
	uint64_t iova, size, page_bytes, bitmap_bytes, bitmap;
};
_Static_assert(sizeof(struct range) == sizeof(struct vfio_iommu_type1_dma_unmap) +
					       sizeof(struct vfio_bitmap),
	       "VFIO's structs are these");

struct call {
	int file;
	unsigned long request;
	void *argument;
	struct call_time time;
	int result;
	int error; /* errno, afterwards */
	struct line line;
	char text[USUAL_LINE];
};

static void make(struct call *call)
{
	struct timespec before, after;
	int64_t taken;

	clock_gettime(CLOCK_REALTIME, &before);
	errno = call->error;
	call->result = real_libc()->ioctl(call->file, call->request, call->argument);
	call->error = errno;
	clock_gettime(CLOCK_REALTIME, &after);
	taken = (after.tv_sec - before.tv_sec) * (int64_t)NS_OF_SECOND + after.tv_nsec -
		before.tv_nsec;
	call->time = (struct call_time){(uint64_t)before.tv_sec, (uint64_t)before.tv_nsec,
					taken > 0 ? (uint64_t)taken : 0};
}

static struct line *begin_line(struct call *call, struct object object, const char *verb)
{
	struct line *line = &call->line;

	*line = (struct line){call->text, 0, sizeof(call->text)};
	log_begin(line, &call->time);
	line_object(line, object);
	line_text(line, " ");
	line_text(line, verb);
	return line;
}

static void put_result(struct call *call)
{
	line_text(&call->line, " => ");
	if (call->result < 0)
		line_text(&call->line, "-");
	line_decimal(&call->line, (uint64_t)(call->result < 0 ? call->error : call->result));
}

/* --- Containers --- */

/* Addresses of the process are told from the page of the first one that it maps. */
static void put_vaddr(struct line *line, uint64_t vaddr, uint64_t iova, uint64_t size)
{
	static _Atomic uint64_t first;
	uint64_t none = 0;

	if (size && vaddr + (size - 1) < vaddr) {
		line_text(line, " vaddr=wraps");
		return;
	}
	if (vaddr == iova) {
		line_text(line, " vaddr=iova");
		return;
	}
	atomic_compare_exchange_strong(&first, &none, (vaddr & -(uint64_t)PAGE) | 1);
	line_field(line, " vaddr=", vaddr - (atomic_load(&first) - 1));
}

static void call_map(struct call *call, struct object container)
{
	struct vfio_iommu_type1_dma_map map;
	size_t got = peek(&map, (uintptr_t)call->argument, sizeof(map));
	struct line *line;

	make(call);
	line = begin_line(call, container, "map");
	if (got < sizeof(map)) {
		line_text(line, " unreadable");
	} else {
		line_field(line, " argsz=", map.argsz);
		line_field(line, " flags=", map.flags);
		put_vaddr(line, map.vaddr, map.iova, map.size);
		line_field(line, " iova=", map.iova);
		line_field(line, " size=", map.size);
	}
	put_result(call);
	log_end(line);
}

static void put_range(struct line *line, const struct range *range, bool has_range, bool has_bitmap)
{
	line_field(line, " argsz=", range->argsz);
	line_field(line, " flags=", range->flags);
	if (has_range) {
		line_field(line, " iova=", range->iova);
		line_field(line, " size=", range->size);
	}
	if (has_bitmap) {
		line_field(line, " pgsize=", range->page_bytes);
		line_field(line, " bitmap_size=", range->bitmap_bytes);
		if (range->bitmap >> 63)
			line_text(line, " bitmap=kernel");
		else
			line_field(line, " bitmap=", range->bitmap % PAGE);
	}
}

/* An unmap, or what DIRTY_PAGES has. */
static void call_range(struct call *call, struct object container)
{
	const bool unmaps = call->request == VFIO_IOMMU_UNMAP_DMA;
	struct range range = {0};
	size_t got = peek(&range, (uintptr_t)call->argument, sizeof(range));
	const bool asks = range.flags & (unmaps ? VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP
						: VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP);
	const bool has_bitmap = asks && range.argsz >= sizeof(range);
	const bool has_range = unmaps || has_bitmap;
	size_t needed = has_bitmap ? sizeof(range)
			: unmaps   ? sizeof(struct vfio_iommu_type1_dma_unmap)
				   : sizeof(struct vfio_iommu_type1_dirty_bitmap);
	struct bitmap bitmap = {0};
	uint64_t unmapped = 0;
	struct line *line;

	if (has_bitmap && got >= needed)
		bitmap_begin(&bitmap, range.bitmap, range.bitmap_bytes, range.size,
			     range.page_bytes);
	make(call);
	line = begin_line(call, container, unmaps ? "unmap" : "dirty");
	if (got < needed)
		line_text(line, " unreadable");
	else
		put_range(line, &range, has_range, has_bitmap);
	put_result(call);
	if (!call->result && unmaps &&
	    peek(&unmapped, (uintptr_t)call->argument + offsetof(struct range, size),
		 sizeof(unmapped)) == sizeof(unmapped))
		line_field(line, " size=", unmapped);
	if (!call->result && has_bitmap) {
		bitmap_move_line(&bitmap, line);
		bitmap_words(&bitmap, line);
	}
	log_end(line);
	bitmap_end(&bitmap);
}

static void call_info(struct call *call, struct object container)
{
	unsigned char bytes[MOST_INFO];
	uint32_t argsz = 0;
	size_t got = peek(&argsz, (uintptr_t)call->argument, sizeof(argsz));
	struct line *line;

	make(call);
	line = begin_line(call, container, "info");
	if (got < sizeof(argsz))
		line_text(line, " unreadable");
	else
		line_field(line, " argsz=", argsz);
	put_result(call);
	if (!call->result) {
		got = peek(bytes, (uintptr_t)call->argument,
			   argsz < sizeof(bytes) ? argsz : sizeof(bytes));
		while (got && !bytes[got - 1])
			got--;
		line_text(line, " bytes=");
		line_bytes(line, bytes, got);
	}
	log_end(line);
}

/* What its argument is, is not known, or it is a number. */
static void call_with_number(struct call *call)
{
	const struct object known = object_of(call->file);
	struct line *line;

	make(call);
	/* No container: so the number of the ioctl means something else there. */
	if (known.kind != OBJECT_CONTAINER && call->result < 0 &&
	    (call->error == ENOTTY || call->error == EBADF))
		return;
	line = begin_line(call, object_container(call->file), "");
	if (call->request == VFIO_GET_API_VERSION) {
		line_text(line, "api-version");
	} else if (call->request == VFIO_CHECK_EXTENSION) {
		line_field(line, "extension ", (uintptr_t)call->argument);
	} else if (call->request == VFIO_SET_IOMMU) {
		line_field(line, "set-iommu ", (uintptr_t)call->argument);
	} else {
		line_field(line, "ioctl ", call->request);
	}
	put_result(call);
	log_end(line);
}

static void call_container(struct call *call)
{
	switch (call->request) {
	case VFIO_IOMMU_GET_INFO:
		call_info(call, object_container(call->file));
		break;
	case VFIO_IOMMU_MAP_DMA:
		call_map(call, object_container(call->file));
		break;
	case VFIO_IOMMU_UNMAP_DMA:
	case VFIO_IOMMU_DIRTY_PAGES:
		call_range(call, object_container(call->file));
		break;
	default:
		call_with_number(call);
	}
}

/* --- Groups --- */

/* What the kernel says of the devices in it: whether there is an IOMMU before them. */
static const char *group_kind(struct object group)
{
	char text[64], type[16];
	struct line path = {text, 0, sizeof(text) - 1};
	ssize_t bytes;
	int file;

	line_text(&path, "/sys/kernel/iommu_groups/");
	line_decimal(&path, group.number);
	line_text(&path, "/type");
	text[path.bytes] = 0;
	file = open(text, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return "unknown";
	bytes = read(file, type, sizeof(type));
	real_libc()->close(file);
	if (bytes <= 0)
		return "unknown";
	return bytes >= 7 && !memcmp(type, "unknown", 7) ? "emulated" : "hardware";
}

static void call_join(struct call *call)
{
	int container = -1;
	size_t got = peek(&container, (uintptr_t)call->argument, sizeof(container));
	struct object group, joined;
	struct line *line;

	make(call);
	if (call->result < 0 && (got < sizeof(container) ||
				 object_of(container).kind != OBJECT_CONTAINER))
		return;
	group = object_group(call->file);
	joined = object_container(container);
	line = begin_line(call, group, "join ");
	line_object(line, joined);
	line_text(line, " kind=");
	line_text(line, group_kind(group));
	put_result(call);
	log_end(line);
}

static void call_leave(struct call *call)
{
	struct line *line;

	make(call);
	if (object_of(call->file).kind != OBJECT_GROUP && call->result < 0)
		return;
	line = begin_line(call, object_group(call->file), "leave");
	put_result(call);
	log_end(line);
}

static void call_group(struct call *call)
{
	if (call->request == VFIO_GROUP_SET_CONTAINER) {
		call_join(call);
	} else if (call->request == VFIO_GROUP_UNSET_CONTAINER) {
		call_leave(call);
	} else {
		make(call);
		if (call->request == VFIO_GROUP_GET_DEVICE_FD && call->result >= 0)
			object_device(call->result);
	}
}

/* --- Both --- */

/* Containers and devices have numbers in common; what asks for a container tells. */
static bool may_be_container(int file, unsigned long request)
{
	switch (object_of(file).kind) {
	case OBJECT_CONTAINER:
		return true;
	case OBJECT_NONE:
		break;
	default:
		return false;
	}
	return request == VFIO_GET_API_VERSION || request == VFIO_CHECK_EXTENSION ||
	       request == VFIO_SET_IOMMU || object_may_be_container(file);
}

static bool is_group_request(unsigned long request)
{
	return request >= VFIO_GROUP_GET_STATUS && request <= VFIO_GROUP_GET_DEVICE_FD;
}

int call_vfio(int file, unsigned long request, void *argument)
{
	struct call call;
	int cancelled;

	call.file = file;
	call.request = (unsigned int)request; /* as the kernel takes it */
	call.argument = argument;
	call.error = errno;
	if (!log_is_open()) {
		make(&call);
		return call.result;
	}
	/* Some of what is called here is where a thread that has been cancelled may end. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelled);
	if (may_be_container(file, call.request))
		call_container(&call);
	else if (is_group_request(call.request))
		call_group(&call);
	else
		make(&call);
	pthread_setcancelstate(cancelled, NULL);
	errno = call.error;
	return call.result;
}

void call_closes(int file)
{
	const struct object object = object_closed(file);
	struct call call = {.file = file, .error = errno};
	struct timespec now;

	if (object.kind == OBJECT_CONTAINER || object.kind == OBJECT_GROUP) {
		clock_gettime(CLOCK_REALTIME, &now);
		call.time = (struct call_time){(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec, 0};
		log_end(begin_line(&call, object, "close"));
	}
	errno = call.error;
}
