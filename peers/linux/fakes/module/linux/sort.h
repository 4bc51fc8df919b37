/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The C library's will do. */
#include <stdlib.h>

#define sort(base, count, size, compare, swap) qsort(base, count, size, compare)
