// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The parts of a C reproducer that are the same for all programs. C11, kernel
// style; `unused` marks what not every program needs.
#pragma once

namespace tidemark::c_parts {

inline constexpr char kIncludes[] = R"part(
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
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define unused __attribute__((unused))
)part";

inline constexpr char kVerdicts[] = R"part(
/* --- Verdicts --- */

static int container = -1;
static int step;
static const char *operation = "setting up";

unused static void begin(int number, const char *text)
{
	step = number;
	operation = text;
}

_Noreturn static void cannot_run(const char *why)
{
	fprintf(stderr, "cannot run: step %d, %s: %s\n", step, operation, why);
	exit(2);
}

_Noreturn static void cannot(const char *what)
{
	fprintf(stderr, "cannot run: step %d, %s: %s: %s\n", step, operation, what,
		strerror(errno));
	exit(2);
}

/* The first step that was not what the program has. */
static int inexact_step;
static const char *inexact_why;

unused static void inexact(const char *why)
{
	printf("step %d: %s\n  not exact: %s\n", step, operation, why);
	if (!inexact_why) {
		inexact_step = step;
		inexact_why = why;
	}
}

_Noreturn static void differs(const char *what, const char *expected, const char *actual)
{
	printf("step %d: %s\n  %s\n  expected: %s\n  actual:   %s\n", step, operation, what,
	       expected, actual);
	if (!inexact_why)
		exit(1);
	printf("  which proves nothing, as step %d was not exact: %s\n", inexact_step, inexact_why);
	exit(2);
}

unused static void left_out(const char *why)
{
	printf("step %d: %s\n  left out: %s\n", step, operation, why);
}

/* "-EINVAL", "4" */
static const char *result_name(long result, char number[32])
{
	static const struct {
		int number;
		const char *name;
	} errors[] = {
		{EPERM, "-EPERM"},   {ENOENT, "-ENOENT"}, {E2BIG, "-E2BIG"},
		{ENOMEM, "-ENOMEM"}, {EACCES, "-EACCES"}, {EFAULT, "-EFAULT"},
		{EBUSY, "-EBUSY"},   {EEXIST, "-EEXIST"}, {ENODEV, "-ENODEV"},
		{EINVAL, "-EINVAL"}, {ENOSPC, "-ENOSPC"}, {ENOTTY, "-ENOTTY"},
		{ETIMEDOUT, "-ETIMEDOUT"},
	};
	for (unsigned i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (result == -errors[i].number)
			return errors[i].name;
	snprintf(number, 32, "%ld", result);
	return number;
}

unused static void expect(long actual, long expected)
{
	char a[32], e[32];

	if (actual != expected)
		differs("result", result_name(expected, e), result_name(actual, a));
}

unused static void expect_number(const char *what, __u64 actual, __u64 expected)
{
	char a[32], e[32];

	if (actual == expected)
		return;
	snprintf(a, sizeof(a), "0x%llx", (unsigned long long)actual);
	snprintf(e, sizeof(e), "0x%llx", (unsigned long long)expected);
	differs(what, e, a);
}
)part";

inline constexpr char kMemory[] = R"part(
/* --- Memory --- */

/* At the address that the program names. */
unused static void user_memory(__u64 address, __u64 bytes)
{
	void *at = (void *)(unsigned long)address;

	if (mmap(at, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != at)
		cannot("user memory");
}

/* One page of it cannot be used (or can be, again). */
unused static void user_page(__u64 address, int access)
{
	if (mprotect((void *)(unsigned long)address, 4096, access))
		cannot("mprotect");
}

/*
 * Arguments and bitmaps lie across an edge behind which memory is protected: what
 * is to fault begins there. The second of each is for calls inside callbacks.
 */
enum { ARGUMENT_WORDS = 28, GUARD_WORDS = 8 };
struct area {
	unsigned char *edge, *at;
	size_t words;			/* that are looked at, from *at on */
	size_t bytes;			/* of memory, before the edge and behind it */
	unsigned char fill;
};
static struct area arguments[2], bitmaps[2];
static int depth;

/* What is unusual about the next call: words before the edge, access behind it. */
struct plan {
	unsigned argument_words, bitmap_words;
	int argument_access, bitmap_access;
	unsigned char old_bits;		/* what the bitmap is full of */
	int bent;
	__u64 argument;			/* if bent: the ioctl's argument */
};
static const struct plan usual = {ARGUMENT_WORDS, BITMAP_WORDS, PROT_NONE, PROT_NONE, 0, 0, 0};
static struct plan next = {ARGUMENT_WORDS, BITMAP_WORDS, PROT_NONE, PROT_NONE, 0, 0, 0};

static void make_area(struct area *area, size_t words)
{
	unsigned char *memory;

	area->words = words;
	area->bytes = (8 * (words + GUARD_WORDS) + 4095) / 4096 * 4096;
	memory = mmap(NULL, 2 * area->bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		cannot("mmap");
	area->edge = memory + area->bytes;
	area->at = area->edge - 8 * words;
}

static void protect(struct area *area, int access)
{
	if (mprotect(area->edge, area->bytes, access))
		cannot("mprotect");
}

static void *place(struct area *area, unsigned words, unsigned char fill, const void *content,
		   size_t bytes, int access)
{
	if (words > area->words)
		words = area->words;
	protect(area, PROT_READ | PROT_WRITE);
	area->fill = fill;
	area->at = area->edge - 8 * words;
	memset(area->at - 8 * GUARD_WORDS, fill, 8 * (area->words + GUARD_WORDS));
	memcpy(area->at, content, bytes);
	protect(area, access);
	return area->at;
}

static void *user_argument(const void *content, size_t bytes)
{
	void *at = place(&arguments[depth], next.argument_words, 0xa5, content, bytes,
			 next.argument_access);

	return next.bent ? (void *)(unsigned long)next.argument : at;
}

unused static __u64 *user_bitmap(void)
{
	return place(&bitmaps[depth], next.bitmap_words, next.old_bits, "", 0,
		     next.bitmap_access);
}

static void settle(void)
{
	protect(&arguments[depth], PROT_READ | PROT_WRITE);
	protect(&bitmaps[depth], PROT_READ | PROT_WRITE);
	next = usual;
}

/* Words of the bitmap that are stored; all others are as they were. */
struct words {
	unsigned first, count;
	__u64 value;
};

unused static void expect_words(const struct words *runs, unsigned nr_runs)
{
	const struct area *area = &bitmaps[depth];
	char what[48];

	for (long i = -GUARD_WORDS; i < (long)area->words; i++) {
		__u64 expected, actual;

		memset(&expected, area->fill, sizeof(expected));
		memcpy(&actual, area->at + 8 * i, sizeof(actual));
		if (nr_runs && i >= (long)runs->first)
			expected = runs->value;
		if (actual != expected) {
			snprintf(what, sizeof(what), "word %ld of the bitmap", i);
			expect_number(what, actual, expected);
		}
		if (nr_runs && i + 1 == (long)runs->first + (long)runs->count) {
			runs++;
			nr_runs--;
		}
	}
}

unused static void expect_argument(const __u32 *words, unsigned nr_words)
{
	char what[40];

	for (unsigned i = 0; i < nr_words; i++) {
		__u32 actual;

		memcpy(&actual, arguments[depth].at + 4 * i, sizeof(actual));
		snprintf(what, sizeof(what), "bytes from %u on of the argument", 4 * i);
		expect_number(what, actual, words[i]);
	}
}
)part";

inline constexpr char kContainer[] = R"part(
/* --- The container --- */

/*
 * Failing allocations come from the kernel's fault injection, where it is built
 * in. How many a call makes differs between kernels: the n-th may be another one
 * here. In /sys/kernel/debug/failslab, ignore-gfp-wait has to be N.
 */
static const char fail_nth_path[] = "/proc/thread-self/fail-nth";
static int fail_nth = -1;
static unsigned allocation;	/* of the next call, that fails; 0: none */

unused static int can_fail_allocation(unsigned nth)
{
	if (fail_nth < 0)
		fail_nth = open(fail_nth_path, O_RDWR | O_CLOEXEC);
	if (fail_nth >= 0)
		allocation = nth;
	return fail_nth >= 0;
}

static long call(int file, unsigned long command, unsigned long argument)
{
	char number[16] = "";
	long result;

	if (allocation) {
		snprintf(number, sizeof(number), "%u", allocation);
		if (pwrite(fail_nth, number, strlen(number), 0) < 0)
			cannot(fail_nth_path);
	}
	result = ioctl(file, command, argument);
	if (result < 0)
		result = -errno;
	if (allocation && (pread(fail_nth, number, sizeof(number) - 1, 0) < 1 || atoi(number)))
		cannot_run("an allocation that should have failed was not made");
	allocation = 0;
	return result;
}

unused static long on_container(unsigned long command, const void *content, size_t bytes)
{
	void *argument = user_argument(content, bytes);
	long result = call(container, command, (unsigned long)argument);

	settle();
	return result;
}

unused static long map_dma(const struct vfio_iommu_type1_dma_map *map)
{
	return on_container(VFIO_IOMMU_MAP_DMA, map, sizeof(*map));
}

struct unmap_argument {
	unsigned char bytes[sizeof(struct vfio_iommu_type1_dma_unmap) + sizeof(struct vfio_bitmap)];
};

unused static struct unmap_argument
unmap_argument(const struct vfio_iommu_type1_dma_unmap *unmap, const struct vfio_bitmap *bitmap)
{
	struct unmap_argument argument;

	memcpy(argument.bytes, unmap, sizeof(*unmap));
	memcpy(argument.bytes + sizeof(*unmap), bitmap, sizeof(*bitmap));
	return argument;
}

unused static long unmap_dma(const struct vfio_iommu_type1_dma_unmap *unmap,
			     const struct vfio_bitmap *bitmap)
{
	struct unmap_argument argument = unmap_argument(unmap, bitmap);

	return on_container(VFIO_IOMMU_UNMAP_DMA, &argument, sizeof(argument));
}

/* The size that it returned. */
unused static __u64 unmapped(void)
{
	struct vfio_iommu_type1_dma_unmap unmap;

	memcpy(&unmap, arguments[depth].at, sizeof(unmap));
	return unmap.size;
}

unused static long dirty_pages(const struct vfio_iommu_type1_dirty_bitmap *dirty)
{
	return on_container(VFIO_IOMMU_DIRTY_PAGES, dirty, sizeof(*dirty));
}

unused static long get_dirty(const struct vfio_iommu_type1_dirty_bitmap *dirty,
			     const struct vfio_iommu_type1_dirty_bitmap_get *get)
{
	unsigned char argument[sizeof(*dirty) + sizeof(*get)];

	memcpy(argument, dirty, sizeof(*dirty));
	memcpy(argument + sizeof(*dirty), get, sizeof(*get));
	return on_container(VFIO_IOMMU_DIRTY_PAGES, argument, sizeof(argument));
}

unused static long get_info(const struct vfio_iommu_type1_info *info)
{
	return on_container(VFIO_IOMMU_GET_INFO, info, sizeof(*info));
}

unused static long raw_command(unsigned long command)
{
	static const unsigned char zeros[64];

	return on_container(command, zeros, sizeof(zeros));
}

/* Root may lock as much as it likes, and so gives that right up. */
unused static void limit_locked_memory(rlim_t bytes)
{
	struct {
		__u32 version;
		int process;
	} header = {0x20080522, 0};
	struct {
		__u32 effective, permitted, inheritable;
	} rights[2];
	struct rlimit limit;

	if (syscall(SYS_capget, &header, rights))
		cannot("capget");
	rights[0].effective &= ~(1u << 14);	/* CAP_IPC_LOCK */
	if (syscall(SYS_capset, &header, rights))
		cannot("capset");
	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		cannot("getrlimit");
	limit.rlim_cur = bytes;
	if (limit.rlim_max < bytes)
		limit.rlim_max = bytes;
	if (setrlimit(RLIMIT_MEMLOCK, &limit))
		cannot("RLIMIT_MEMLOCK");
}

/* What a parameter of the container's driver has to be. */
struct parameter {
	const char *name, *value;
};

/* The driver is whichever module has it. */
static void need_parameter(const struct parameter *parameter)
{
	static const char *const modules[] = {"tidemark", "vfio_iommu_type1"};
	char path[128], is[64], why[160];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", modules[i],
			 parameter->name);
		FILE *file = fopen(path, "r");

		if (!file)
			continue;
		int given = fscanf(file, "%63s", is);

		fclose(file);
		if (given == 1 && !strcmp(is, parameter->value))
			return;
	}
	snprintf(why, sizeof(why), "needs the module parameter %s=%s", parameter->name,
		 parameter->value);
	cannot_run(why);
}
)part";

}  // namespace tidemark::c_parts
