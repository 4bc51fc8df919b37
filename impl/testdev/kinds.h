/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The kinds of IOMMU hardware that programs choose from: those of the simulator,
 * number by number, which a test compares.
 */
#ifndef TIDEMARK_TESTDEV_KINDS_H
#define TIDEMARK_TESTDEV_KINDS_H

#include <linux/types.h>

#define TESTDEV_RESERVED_MAX 2

/**
 * struct testdev_range - bytes of device addresses
 * @first: the first byte
 * @last: the last byte
 */
struct testdev_range {
	__u64 first;
	__u64 last;
};

/**
 * struct testdev_kind - what an IOMMU can do
 * @pgsizes: bit n: pages of 2^n bytes
 * @cache_coherent: it can be told to be
 * @nr_reserved: in @reserved
 * @aperture: what it can map
 * @reserved: what it cannot all the same
 */
struct testdev_kind {
	__u64 pgsizes;
	__u32 cache_coherent;
	__u32 nr_reserved;
	struct testdev_range aperture;
	struct testdev_range reserved[TESTDEV_RESERVED_MAX];
};

static const struct testdev_kind testdev_kinds[] = {
	{ 0x40201000, 1, 0, { 0, ~0ULL }, {} },
	{ ~0xfffULL, 0, 1, { 0, ~0ULL }, { { 0xfee00000, 0xfeefffff } } },
	{ 0x20010000, 1, 0, { 0, ~0ULL }, {} },
	{ 0x40200000, 1, 0, { 0, ~0ULL }, {} },
	{ 0x40206000, 1, 0, { 0, ~0ULL }, {} },
	{ 0x40201000, 1, 1, { 0, (1ULL << 39) - 1 }, { { 0xfee00000, 0xfeefffff } } },
	{ 0x10400, 0, 0, { 0, ~0ULL }, {} },
	{ 0x214000, 1, 2, { 0x10000, (1ULL << 48) - 1 },
	  { { 0x100000, 0x1fffff }, { 0xfee00000, 0xfeefffff } } },
};

#endif
