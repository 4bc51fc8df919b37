/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef LINUX_PEER_MM_INLINE_H
#define LINUX_PEER_MM_INLINE_H

#include <linux/mm.h>

/* How many of the pages, which are one at least, follow each other. */
static inline size_t num_pages_contiguous(struct page **pages, size_t nr_pages)
{
	size_t n = 1;

	while (n < nr_pages && page_to_pfn(pages[n]) == page_to_pfn(pages[0]) + n)
		++n;
	return n;
}

#endif
