/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What lib/bitmap.c calls for bitmaps as text, on disk, and in allocations of
 * their own. type1 has none of these, so that nothing here is ever called.
 */
#ifndef LINUX_PEER_BITMAP_UNUSED_H
#define LINUX_PEER_BITMAP_UNUSED_H

#include <linux/bitops.h>
#include <linux/slab.h>

#define KSTRTOX_OVERFLOW (1u << 31)
#define BITS_TO_U32(n) DIV_ROUND_UP(n, 32)
#define offset_in_page(address) 0
#define set_bit(bit, words) __set_bit(bit, words)
#define cpu_to_le64(x) (x)
#define le64_to_cpu(x) (x)
#define cpu_to_le32(x) (x)
#define le32_to_cpu(x) (x)
#define scnprintf(...) 0
#define kasprintf(...) NULL
#define memory_read_from_buffer(...) 0
#define memdup_user_nul(...) NULL
#define _parse_integer(...) 0
#define hex_to_bin(digit) (-1)
#define strnchrnul(...) NULL
#define kmalloc_array(count, bytes, flags) kmalloc((count) * (bytes), flags)
#define kmalloc_array_node(count, bytes, flags, node) kmalloc((count) * (bytes), flags)
#define devm_add_action_or_reset(...) (-ENOMEM)

#endif
