/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is made, and written, of an ioctl that may be VFIO's. */
#ifndef TIDEMARK_RECORD_CALLS_H
#define TIDEMARK_RECORD_CALLS_H

#include <stdbool.h>

/* Is it of VFIO's type? All others are nobody's business here. */
static inline bool is_vfio(unsigned long request)
{
	return (request >> 8 & 0xff) == ';';
}

/**
 * call_vfio - make the call, and write it down if it is a container's or a group's
 * @file: as ioctl() has it
 * @request: of VFIO's type
 * @argument: as ioctl() has it
 *
 * Cost: besides the call four system calls, and for a bitmap two to map memory, and to read it
 * twice.
 *
 * Return: what ioctl() returns, with its errno.
 */
int call_vfio(int file, unsigned long request, void *argument);

/* The file is about to be closed: writes that it is, if it is a container or a group. */
void call_closes(int file);

#endif
