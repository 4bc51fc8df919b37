// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Pages of the kernel, the user's pages behind them, and small objects; all counted. */
#include <linux/mm.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "inside.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

#define KERNEL_PAGES 4096

/* Before each object, so that what is abandoned with a call can be freed. */
struct object {
	struct list_head list;
};

static struct {
	unsigned char (*pages)[PAGE_SIZE]; /* the kernel's, then the user's */
	struct page structs[KERNEL_PAGES + IOMMUFD_USER_PAGES];
	/* The kernel's: [0, nr_free) of these numbers are free; those from `fresh` on never used. */
	unsigned short free[KERNEL_PAGES];
	size_t nr_free, fresh;
	size_t nr_pages, nr_objects;
	struct list_head objects;
	bool touched[IOMMUFD_USER_PAGES];
	/* The same as a list. */
	unsigned short touched_pages[IOMMUFD_USER_PAGES];
	size_t nr_touched;
	long nr_pinned;
	int missing;
} memory;

void iommufd_memory_begin(void)
{
	if (!memory.pages) {
		const size_t bytes = (KERNEL_PAGES + IOMMUFD_USER_PAGES) * PAGE_SIZE;

		memory.pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (memory.pages == MAP_FAILED)
			abort();
		INIT_LIST_HEAD(&memory.objects);
	}
	ASAN_POISON_MEMORY_REGION(memory.pages, memory.fresh * PAGE_SIZE);
	while (!list_empty(&memory.objects))
		iommufd_peer_free(list_first_entry(&memory.objects, struct object, list) + 1);
	memory.nr_pages = memory.nr_objects = 0;
	memory.nr_pinned = 0;
	memory.nr_free = memory.fresh = 0;
	iommufd_memory_missing(-1);
	iommufd_memory_forget();
}

size_t iommufd_memory_left(void)
{
	return memory.nr_pages + memory.nr_objects + memory.nr_pinned;
}

void iommufd_memory_missing(int page)
{
	memory.missing = page;
}

unsigned char *iommufd_memory_user(void)
{
	return memory.pages[KERNEL_PAGES];
}

const unsigned short *iommufd_memory_touched(size_t *nr_pages)
{
	*nr_pages = memory.nr_touched;
	return memory.touched_pages;
}

static void touch(size_t page)
{
	if (!memory.touched[page])
		memory.touched_pages[memory.nr_touched++] = page;
	memory.touched[page] = true;
}

void iommufd_memory_forget(void)
{
	while (memory.nr_touched) {
		const size_t page = memory.touched_pages[--memory.nr_touched];

		memset(memory.pages[KERNEL_PAGES + page], 0, PAGE_SIZE);
		memory.touched[page] = false;
	}
}

struct page *virt_to_page(const void *address)
{
	return &memory.structs[((const unsigned char *)address - memory.pages[0]) / PAGE_SIZE];
}

void *page_address(const struct page *page)
{
	return memory.pages[page - memory.structs];
}

void *iommufd_peer_page_alloc(void)
{
	size_t page;

	if (memory.nr_free)
		page = memory.free[--memory.nr_free];
	else if (memory.fresh < KERNEL_PAGES)
		page = memory.fresh++;
	else
		return NULL;
	++memory.nr_pages;
	ASAN_UNPOISON_MEMORY_REGION(memory.pages[page], PAGE_SIZE);
	memset(memory.pages[page], 0, PAGE_SIZE);
	return memory.pages[page];
}

void iommufd_peer_page_free(void *address)
{
	if (!address)
		return;
	--memory.nr_pages;
	ASAN_POISON_MEMORY_REGION(address, PAGE_SIZE);
	memory.free[memory.nr_free++] = virt_to_page(address) - memory.structs;
}

void *iommufd_peer_alloc(size_t bytes)
{
	struct object *object = calloc(1, sizeof(*object) + bytes);

	if (!object)
		abort();
	++memory.nr_objects;
	list_add(&object->list, &memory.objects);
	return object + 1;
}

void iommufd_peer_free(const void *pointer)
{
	if (!pointer || IS_ERR(pointer))
		return;
	struct object *object = (struct object *)pointer - 1;

	--memory.nr_objects;
	list_del(&object->list);
	free(object);
}

/* As many as follow each other and are there; an error if that is none. */
int pin_user_pages_fast(unsigned long address, int nr_pages, unsigned int flags,
			struct page **pages)
{
	const unsigned long page = (address - (unsigned long)iommufd_memory_user()) / PAGE_SIZE;
	int i;

	(void)flags;
	iommufd_step(__func__);
	for (i = 0; i < nr_pages; ++i) {
		if (page + i >= IOMMUFD_USER_PAGES || (int)(page + i) == memory.missing)
			break;
		touch(page + i);
		pages[i] = &memory.structs[KERNEL_PAGES + page + i];
	}
	memory.nr_pinned += i;
	return i ? i : -EFAULT;
}

void unpin_user_pages(struct page **pages, unsigned long nr_pages)
{
	(void)pages;
	memory.nr_pinned -= nr_pages;
}

void bitmap_set(unsigned long *words, unsigned int first, unsigned int nr_bits)
{
	const unsigned int end = first + nr_bits;

	for (unsigned int bit = first; bit < end;) {
		if (bit % BITS_PER_LONG == 0 && end - bit >= BITS_PER_LONG) {
			words[BIT_WORD(bit)] = ~0UL;
			bit += BITS_PER_LONG;
		} else {
			set_bit(bit++, words);
		}
	}
}
