/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What programs that are written by hand for a guest share: a check that ends the program, and the
 * groups of VFIO.
 */
#ifndef TIDEMARK_TESTS_GUEST_PROGRAM_H
#define TIDEMARK_TESTS_GUEST_PROGRAM_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says the line, the condition and the errno, and exits with 1, if @condition does not hold. */
#define check(condition)                                                            \
	do {                                                                        \
		if (!(condition)) {                                                 \
			printf("line %d: %s: %s\n", __LINE__, #condition,           \
			       strerror(errno));                                    \
			exit(1);                                                    \
		}                                                                   \
	} while (0)

/* The group of a number below /dev/vfio; -1, and errno, if it cannot be opened. */
static inline int open_group(const char *number)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%.40s", number);
	return open(path, O_RDWR | O_CLOEXEC);
}

#endif
