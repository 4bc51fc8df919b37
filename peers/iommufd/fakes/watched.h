/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Before iova_bitmap.c, whose loop asks this in each round: one that has no end is noticed. */
#ifndef IOMMUFD_PEER_WATCHED_H
#define IOMMUFD_PEER_WATCHED_H

#include "memory.h"

#undef unlikely
#define unlikely(x) (iommufd_step(__func__), __builtin_expect(!!(x), 0))

#endif
