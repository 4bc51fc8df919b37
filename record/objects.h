/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which files of this process are VFIO's containers, groups and devices. */
#ifndef TIDEMARK_RECORD_OBJECTS_H
#define TIDEMARK_RECORD_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "line.h"

enum object_kind { OBJECT_NONE, OBJECT_CONTAINER, OBJECT_GROUP, OBJECT_DEVICE };

/**
 * struct object - what a file is
 * @kind: OBJECT_NONE if nothing is known of it
 * @number: of a container: which one that this process has used; of a group: its own
 * @process: of a container: who used it first. It and @number are its name, which children
 *	     that have it from their parent keep.
 */
struct object {
	enum object_kind kind;
	uint32_t number;
	uint32_t process;
};

#define UNKNOWN_GROUP ((1u << 29) - 1)

/**
 * object_of - what a file is known to be
 * @file: any number
 *
 * Cost: none to speak of. No function here takes a lock; all may be called from a signal's
 * handler.
 */
struct object object_of(int file);

/*
 * The file's container; if it was none, from now on it is. All files behind the first 2^20 are one
 * container, of number 0.
 */
struct object object_container(int file);
/* The file is a group, of the number that the name of the file has; UNKNOWN_GROUP if none. */
struct object object_group(int file);
/* The file is a device. */
void object_device(int file);
/* Is the file the one that containers are opened by, as its number of a device says? */
bool object_may_be_container(int file);

/* `copy` is now the same as `file`. */
void object_copied(int file, int copy);
/**
 * object_closed - a file is about to be closed
 * @file: which
 *
 * Return: what it was, if it was the last one of the process; else of OBJECT_NONE.
 */
struct object object_closed(int file);
/* One more than the highest file that is known to be something. */
int object_files_end(void);

/* "c4242.1", "g31". */
void line_object(struct line *line, struct object object);

#endif
