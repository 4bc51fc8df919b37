/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef LINUX_PEER_LIMITS_H
#define LINUX_PEER_LIMITS_H

#include <limits.h>
#include <stdint.h>

#define U16_MAX UINT16_MAX
#define U32_MAX UINT32_MAX
#define U64_MAX (~0ULL)

#endif
