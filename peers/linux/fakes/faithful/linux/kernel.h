/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Arithmetic and pointers that may be errors. */
#ifndef LINUX_PEER_KERNEL_H
#define LINUX_PEER_KERNEL_H

#include <asm/errno.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/types.h>
#include <stdlib.h> /* before abs() is a macro */

#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))
#define offsetofend(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define struct_size(pointer, member, count) \
	(sizeof(*(pointer)) + sizeof((pointer)->member[0]) * (count))

#define flex_array_size(pointer, member, count) (sizeof((pointer)->member[0]) * (count))
#define array_size(count, bytes) ((count) * (bytes))
#define check_add_overflow(a, b, sum) __builtin_add_overflow(a, b, sum)
#define check_mul_overflow(a, b, product) __builtin_mul_overflow(a, b, product)
#define LINUX_PEER_ASSERT(condition, text, ...) _Static_assert(condition, text)
#define static_assert(condition, ...) LINUX_PEER_ASSERT(condition, ##__VA_ARGS__, #condition)
#define __packed __attribute__((packed))

#define ALIGN(x, to) (((x) + (typeof(x))(to) - 1) & ~((typeof(x))(to) - 1))
#define __ALIGN_MASK(x, mask) (((x) + (mask)) & ~(mask))
#define ALIGN_DOWN(x, to) ((x) & ~((typeof(x))(to) - 1))
#define round_down(x, to) ALIGN_DOWN(x, to)
#define IS_ALIGNED(x, to) (((x) & ((typeof(x))(to) - 1)) == 0)
#define DIV_ROUND_UP(n, by) (((n) + (by) - 1) / (by))
#define DIV_ROUND_UP_ULL(n, by) DIV_ROUND_UP((unsigned long long)(n), by)
#define abs(x) __builtin_labs(x)
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

#define BITS_PER_BYTE 8
#define BITS_PER_LONG 64
#define BITS_PER_TYPE(type) (sizeof(type) * BITS_PER_BYTE)

#define MAX_ERRNO 4095
static inline void *ERR_PTR(long error)
{
	return (void *)error;
}
static inline long PTR_ERR(const void *pointer)
{
	return (long)pointer;
}
static inline bool IS_ERR(const void *pointer)
{
	return (unsigned long)pointer >= (unsigned long)-MAX_ERRNO;
}
static inline int PTR_ERR_OR_ZERO(const void *pointer)
{
	return IS_ERR(pointer) ? PTR_ERR(pointer) : 0;
}

/* No option of the kernel's configuration is on but the group interface of VFIO. */
#define CONFIG_VFIO_GROUP 1
#define CONFIG_VFIO_CONTAINER 1
#define LINUX_PEER_COMMA_1 0,
#define LINUX_PEER_SECOND(_, second, ...) second
#define LINUX_PEER_IS_ONE(comma) LINUX_PEER_SECOND(comma 1, 0, 0)
#define LINUX_PEER_PASTE(value) LINUX_PEER_IS_ONE(LINUX_PEER_COMMA_##value)
#define IS_ENABLED(option) LINUX_PEER_PASTE(option)

#endif
