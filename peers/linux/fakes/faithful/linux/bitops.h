/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef LINUX_PEER_BITOPS_H
#define LINUX_PEER_BITOPS_H

#include <linux/kernel.h>

#define BIT(n) (1UL << (n))
#define BIT_WORD(n) ((n) / BITS_PER_LONG)
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, BITS_PER_LONG)
#define GENMASK(high, low) ((~0UL << (low)) & (~0UL >> (BITS_PER_LONG - 1 - (high))))
#define small_const_nbits(n) (__builtin_constant_p(n) && (n) <= BITS_PER_LONG && (n) > 0)

/*
 * type1 asks for the lowest bit of sizes that a user may have set to 0, before
 * it refuses them: 0 never equals a page size. What the instruction leaves then
 * is undefined, and does not matter.
 */
static inline unsigned long __ffs(unsigned long word)
{
	return word ? __builtin_ctzl(word) : BITS_PER_LONG - 1;
}
static inline unsigned long __fls(unsigned long word)
{
	return word ? BITS_PER_LONG - 1 - __builtin_clzl(word) : 0;
}
static inline unsigned int hweight_long(unsigned long word)
{
	return __builtin_popcountl(word);
}
static inline void __set_bit(unsigned long bit, unsigned long *words)
{
	words[BIT_WORD(bit)] |= BIT(bit % BITS_PER_LONG);
}
static inline void __clear_bit(unsigned long bit, unsigned long *words)
{
	words[BIT_WORD(bit)] &= ~BIT(bit % BITS_PER_LONG);
}
static inline bool test_bit(unsigned long bit, const unsigned long *words)
{
	return words[BIT_WORD(bit)] >> bit % BITS_PER_LONG & 1;
}

#endif
