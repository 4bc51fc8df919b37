// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "objects.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "log_file.h"

/* More than processes may usually open. Pages of it that nobody looks at are none. */
enum { MOST_FILES = 1 << 20 };
enum { MISC_MAJOR = 10, VFIO_MINOR = 196 };

/* Two bits for the kind, 29 for the number, 32 for the process: 0 is nothing. */
static _Atomic uint64_t table[MOST_FILES];
static atomic_int files_end;
static atomic_uint nr_containers;

static uint64_t packed(struct object object)
{
	return (uint64_t)object.process << 32 | (uint64_t)object.number << 2 | object.kind;
}

static struct object unpacked(uint64_t value)
{
	return (struct object){value & 3, (uint32_t)value >> 2 & UNKNOWN_GROUP, value >> 32};
}

static void set(int file, struct object object)
{
	int end = atomic_load(&files_end);

	if (file < 0 || file >= MOST_FILES || !log_is_own_process())
		return;
	atomic_store(&table[file], packed(object));
	while (end <= file && !atomic_compare_exchange_weak(&files_end, &end, file + 1))
		;
}

struct object object_of(int file)
{
	return unpacked(file < 0 || file >= MOST_FILES ? 0 : atomic_load(&table[file]));
}

struct object object_container(int file)
{
	struct object object = object_of(file);

	if (object.kind == OBJECT_CONTAINER)
		return object;
	object.kind = OBJECT_CONTAINER;
	object.number = file < MOST_FILES ? atomic_fetch_add(&nr_containers, 1) + 1 : 0;
	object.process = (uint32_t)getpid();
	set(file, object);
	return object;
}

/* The link of a file's number leads to /dev/vfio/31. */
static uint32_t group_number(int file)
{
	char text[32], target[256];
	struct line path = {text, 0, sizeof(text) - 1};
	const char *name;
	char *end;
	unsigned long number;
	ssize_t bytes;

	line_text(&path, "/proc/self/fd/");
	line_decimal(&path, (uint64_t)file);
	text[path.bytes] = 0;
	bytes = readlink(text, target, sizeof(target) - 1);
	if (bytes < 0)
		return UNKNOWN_GROUP;
	target[bytes] = 0;
	name = strrchr(target, '/');
	if (!name || name[1] < '0' || name[1] > '9')
		return UNKNOWN_GROUP;
	number = strtoul(name + 1, &end, 10);
	return *end || number >= UNKNOWN_GROUP ? UNKNOWN_GROUP : (uint32_t)number;
}

struct object object_group(int file)
{
	struct object object = object_of(file);

	if (object.kind == OBJECT_GROUP)
		return object;
	object = (struct object){OBJECT_GROUP, group_number(file), 0};
	set(file, object);
	return object;
}

void object_device(int file)
{
	set(file, (struct object){OBJECT_DEVICE, 0, 0});
}

bool object_may_be_container(int file)
{
	struct stat status;

	return !fstat(file, &status) && S_ISCHR(status.st_mode) &&
	       status.st_rdev == makedev(MISC_MAJOR, VFIO_MINOR);
}

void object_copied(int file, int copy)
{
	struct object object = object_of(file);

	if (object.kind != OBJECT_NONE)
		set(copy, object);
}

struct object object_closed(int file)
{
	struct object object = object_of(file), none = {OBJECT_NONE, 0, 0};

	if (object.kind == OBJECT_NONE || !log_is_own_process())
		return none;
	set(file, none);
	for (int other = 0; other < object_files_end(); other++)
		if (atomic_load(&table[other]) == packed(object))
			return none;
	return object;
}

int object_files_end(void)
{
	return atomic_load(&files_end);
}

void line_object(struct line *line, struct object object)
{
	if (object.kind == OBJECT_CONTAINER) {
		line_text(line, "c");
		line_decimal(line, object.process);
		line_text(line, ".");
		line_decimal(line, object.number);
	} else if (object.number == UNKNOWN_GROUP) {
		line_text(line, "g?");
	} else {
		line_text(line, "g");
		line_decimal(line, object.number);
	}
}
