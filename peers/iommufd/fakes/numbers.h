/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Stand-ins that behave as the kernel's: numbers, bits, errors, what a compiler is told. */
#ifndef IOMMUFD_PEER_NUMBERS_H
#define IOMMUFD_PEER_NUMBERS_H

#include <asm/errno.h>
#include <limits.h>
#include <linux/const.h>
#include <asm/types.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/cdefs.h>
#include <sys/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned __int128 u128;
#define __aligned_u64 __u64 __attribute__((aligned(8)))
#define __aligned_le64 __aligned_u64
typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef u64 resource_size_t;
typedef unsigned int gfp_t;
typedef unsigned long pgoff_t;
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	long counter;
} atomic64_t, atomic_long_t;

#define ENOTSUPP 524
#define U8_MAX UINT8_MAX
#define U16_MAX UINT16_MAX
#define U32_MAX UINT32_MAX
#define U64_MAX (~0ULL)
#define PHYS_ADDR_MAX U64_MAX
#define LIST_POISON1 ((void *)0xdead000000000100)
#define LIST_POISON2 ((void *)0xdead000000000122)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#define __maybe_unused __attribute__((unused))
#define __must_check __attribute__((warn_unused_result))
#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __noreturn _Noreturn
#define fallthrough __attribute__((fallthrough))
#define noinline __attribute__((noinline))
/* Notes to tools, or to the linker, about where things go. */
#define __user
#define __iomem
#define __init
#define __exit
#define __ro_after_init
#define __read_mostly
#define __rcu
#define __force
#define __percpu
#define __counted_by(member)
#define __context_unsafe(...)
#define __printf(at, first)
#define __acquires(lock)
#define __releases(lock)
#define EXPORT_SYMBOL(name) struct iommufd_peer_export
#define EXPORT_SYMBOL_GPL(name) struct iommufd_peer_export
#define EXPORT_SYMBOL_NS(name, space) struct iommufd_peer_export
#define EXPORT_SYMBOL_NS_GPL(name, space) struct iommufd_peer_export
#define EXPORT_SYMBOL_FOR_MODULES(name, modules) struct iommufd_peer_export
#define MODULE_LICENSE(text) struct iommufd_peer_export
#define MODULE_DESCRIPTION(text) struct iommufd_peer_export
#define MODULE_IMPORT_NS(text) struct iommufd_peer_export

#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))
#define container_of_const(pointer, type, member) container_of(pointer, type, member)
#define offsetofend(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define struct_size(pointer, member, count) \
	(sizeof(*(pointer)) + sizeof((pointer)->member[0]) * (count))
#define struct_group(name, ...) \
	union {                 \
		struct {        \
			__VA_ARGS__ \
		};              \
		struct {        \
			__VA_ARGS__ \
		} name;         \
	}
#define memset_after(object, value, member)                    \
	memset((char *)(object) + offsetofend(typeof(*(object)), member), value, \
	       sizeof(*(object)) - offsetofend(typeof(*(object)), member))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define check_add_overflow(a, b, sum) __builtin_add_overflow(a, b, sum)
#define check_sub_overflow(a, b, difference) __builtin_sub_overflow(a, b, difference)
#define check_mul_overflow(a, b, product) __builtin_mul_overflow(a, b, product)
#define IOMMUFD_PEER_ASSERT(condition, text, ...) _Static_assert(condition, text)
#define static_assert(condition, ...) IOMMUFD_PEER_ASSERT(condition, ##__VA_ARGS__, #condition)
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#define BUILD_BUG_ON_MSG(condition, text) \
	do {                              \
	} while (0)
#define BUILD_BUG_ON_ZERO(condition) ((int)sizeof(struct { int : (-!!(condition)); }))
#define BUILD_BUG() \
	do {        \
	} while (0)
#define statically_true(condition) (__builtin_constant_p(condition) && (condition))
#define __is_constexpr(x) __builtin_constant_p(x)

#define ALIGN(x, to) (((x) + (typeof(x))(to) - 1) & ~((typeof(x))(to) - 1))
#define ALIGN_DOWN(x, to) ((x) & ~((typeof(x))(to) - 1))
#define round_down(x, to) ALIGN_DOWN(x, to)
#define round_up(x, to) ALIGN(x, to)
#define IS_ALIGNED(x, to) (((x) & ((typeof(x))(to) - 1)) == 0)
#define DIV_ROUND_UP(n, by) (((n) + (by) - 1) / (by))
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min3(a, b, c) min(min(a, b), c)
#define clamp(x, low, high) min(max(x, low), high)
#define swap(a, b)                 \
	do {                       \
		typeof(a) was = a; \
		a = b;             \
		b = was;           \
	} while (0)

#define CONCATENATE_NOW(a, b) a##b
#define CONCATENATE(a, b) CONCATENATE_NOW(a, b)
#define __stringify_now(x...) #x
#define __stringify(x...) __stringify_now(x)

#define BITS_PER_BYTE 8
#define BITS_PER_LONG 64
#define BITS_PER_LONG_LONG 64
#define BITS_PER_TYPE(type) (sizeof(type) * BITS_PER_BYTE)
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define BIT_WORD(n) ((n) / BITS_PER_LONG)
#define BIT_MASK(n) BIT((n) % BITS_PER_LONG)
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, BITS_PER_LONG)
#define GENMASK(high, low) ((~0UL << (low)) & (~0UL >> (BITS_PER_LONG - 1 - (high))))
#define GENMASK_ULL(high, low) ((unsigned long long)GENMASK(high, low))
#define __bf_shf(mask) __builtin_ctzll(mask)
#define FIELD_GET(mask, value) ((typeof(mask))(((value) & (mask)) >> __bf_shf(mask)))
#define FIELD_PREP(mask, value) (((typeof(mask))(value) << __bf_shf(mask)) & (mask))
#define cpu_to_le64(x) (x)
#define le64_to_cpu(x) (x)
#define cpu_to_le32(x) (x)
#define le32_to_cpu(x) (x)
#define lower_32_bits(x) ((u32)(x))
#define upper_32_bits(x) ((u32)((u64)(x) >> 32))

static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}
static inline unsigned long __fls(unsigned long word)
{
	return BITS_PER_LONG - 1 - __builtin_clzl(word);
}
static inline unsigned long __ffs64(u64 word)
{
	return __builtin_ctzll(word);
}
static inline int fls64(u64 word)
{
	return word ? 64 - __builtin_clzll(word) : 0;
}
static inline int fls(unsigned int word)
{
	return word ? 32 - __builtin_clz(word) : 0;
}
#define ffz(word) __ffs(~(word))
#define ilog2(x) (fls64(x) - 1)
static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}
static inline bool test_bit(unsigned long bit, const unsigned long *words)
{
	return words[BIT_WORD(bit)] >> bit % BITS_PER_LONG & 1;
}
static inline void set_bit(unsigned long bit, unsigned long *words)
{
	words[BIT_WORD(bit)] |= BIT_MASK(bit);
}
static inline bool test_and_clear_bit(unsigned long bit, unsigned long *words)
{
	const bool was = test_bit(bit, words);

	words[BIT_WORD(bit)] &= ~BIT_MASK(bit);
	return was;
}
static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n > 1 ? 1UL << fls64(n - 1) : 1;
}
static inline void *memset64(u64 *to, u64 value, size_t count)
{
	for (size_t i = 0; i < count; ++i)
		to[i] = value;
	return to;
}
void bitmap_set(unsigned long *words, unsigned int first, unsigned int nr_bits);

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
static inline bool IS_ERR_OR_NULL(const void *pointer)
{
	return !pointer || IS_ERR(pointer);
}
static inline int PTR_ERR_OR_ZERO(const void *pointer)
{
	return IS_ERR(pointer) ? (int)PTR_ERR(pointer) : 0;
}
static inline void *ERR_CAST(const void *pointer)
{
	return (void *)pointer;
}

/* What of the kernel's configuration is on. */
#define CONFIG_X86 1
#define CONFIG_64BIT 1
#define CONFIG_IOMMU_API 1
#define CONFIG_IOMMU_PT 1
#define CONFIG_INTERVAL_TREE_SPAN_ITER 1
#define CONFIG_IOMMUFD 1
#define CONFIG_IOMMUFD_DRIVER 1
#define CONFIG_IOMMUFD_DRIVER_CORE 1
#define IOMMUFD_PEER_COMMA_1 0,
#define IOMMUFD_PEER_SECOND(_, second, ...) second
#define IOMMUFD_PEER_IS_ONE(comma) IOMMUFD_PEER_SECOND(comma 1, 0, 0)
#define IOMMUFD_PEER_PASTE(value) IOMMUFD_PEER_IS_ONE(IOMMUFD_PEER_COMMA_##value)
#define IS_ENABLED(option) IOMMUFD_PEER_PASTE(option)

#endif
