// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Searches that lib/bitmap.c makes for others than type1: never called, and if so, seen. */
#include <linux/bitmap.h>
#include <linux/bug.h>

unsigned long _find_next_bit(const unsigned long *words, unsigned long nr_bits, unsigned long from)
{
	(void)words;
	(void)nr_bits;
	(void)from;
	linux_peer_stop("bug", __func__);
}

unsigned long _find_next_zero_bit(const unsigned long *words, unsigned long nr_bits,
				  unsigned long from)
{
	return _find_next_bit(words, nr_bits, from);
}

unsigned long _find_last_bit(const unsigned long *words, unsigned long nr_bits)
{
	return _find_next_bit(words, nr_bits, 0);
}

unsigned long __find_nth_bit(const unsigned long *words, unsigned long nr_bits, unsigned long n)
{
	return _find_next_bit(words, nr_bits, n);
}
