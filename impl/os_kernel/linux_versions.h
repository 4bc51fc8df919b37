/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What differs between the versions of Linux that the tracker builds for, 6.1 to
 * 6.12. No other file asks for the version.
 */
#ifndef TIDEMARK_LINUX_VERSIONS_H
#define TIDEMARK_LINUX_VERSIONS_H

#include <linux/mm.h>
#include <linux/version.h>

/* 6.5 took away the argument for VMAs. */
static inline long pin_user_pages_of(struct mm_struct *mm, unsigned long vaddr,
				     unsigned long nr_pages, unsigned int flags,
				     struct page **pages)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return pin_user_pages_remote(mm, vaddr, nr_pages, flags, pages, NULL, NULL);
#else
	return pin_user_pages_remote(mm, vaddr, nr_pages, flags, pages, NULL);
#endif
}

#endif
