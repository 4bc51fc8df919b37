// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the stand-ins of fakes/instrumented/ do, but for the IOMMU and processes: memory,
 * pins, the user.
 */
#include "inside.h"

#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <stdlib.h>
#include <string.h>

#include "vfio.h"

#if defined(__SANITIZE_ADDRESS__)
#define LINUX_PEER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LINUX_PEER_ASAN 1
#endif
#endif
#ifdef LINUX_PEER_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

__thread struct linux_container *linux_peer;
_Static_assert(offsetof(struct linux_container, circumstances) == 0, "linux_peer_now() has it so");

/* --- Findings --- */

void linux_peer_warn(const char *function)
{
	linux_peer->world->warn(linux_peer->world->context, function);
}

void linux_peer_stop(const char *what, const char *function)
{
	linux_peer->world->stop(linux_peer->world->context, what, function);
	abort();
}

/* --- Memory --- */

/* Before each allocation; what is left of them is freed with the container. */
struct header {
	struct list_head list;
	size_t bytes;
	bool charged; /* to the memory cgroup */
	size_t poison; /* to the left of the caller's bytes */
};

void *linux_peer_alloc(size_t bytes, gfp_t flags)
{
	struct header *header;

	if (!linux_peer->no_failures && !(flags & __GFP_NOFAIL) &&
	    linux_peer->world->allocation_fails(linux_peer->world->context))
		return NULL;
	header = flags & __GFP_ZERO ? calloc(1, sizeof(*header) + bytes)
				    : malloc(sizeof(*header) + bytes);
	if (!header)
		return NULL;
	if (!(flags & __GFP_ZERO))
		memset(header + 1, 0xa5, bytes);
	header->bytes = bytes;
	header->charged = flags & GFP_KERNEL_ACCOUNT;
	if (!header->charged)
		linux_peer->uncharged_bytes += bytes;
	list_add_tail(&header->list, &linux_peer->allocations);
	++linux_peer->nr_allocations;
	ASAN_POISON_MEMORY_REGION(&header->poison, sizeof(header->poison));
	return header + 1;
}

void linux_peer_free(const void *pointer)
{
	struct header *header = (struct header *)pointer - 1;

	if (!pointer)
		return;
	ASAN_UNPOISON_MEMORY_REGION(&header->poison, sizeof(header->poison));
	if (linux_peer->foresight.dma == pointer)
		linux_peer->foresight.dma = NULL;
	list_del(&header->list);
	if (!header->charged)
		linux_peer->uncharged_bytes -= header->bytes;
	--linux_peer->nr_allocations;
	free(header);
}

void linux_peer_free_all(void)
{
	while (!list_empty(&linux_peer->allocations))
		linux_peer_free(list_first_entry(&linux_peer->allocations, struct header, list) + 1);
}

void *krealloc(const void *pointer, size_t bytes, gfp_t flags)
{
	void *result = linux_peer_alloc(bytes, flags);

	if (!result || !pointer)
		return result;
	memcpy(result, pointer, min(bytes, ((const struct header *)pointer - 1)->bytes));
	linux_peer_free(pointer);
	return result;
}

/* Pages that only their number is used of. */
struct page *alloc_pages(gfp_t flags, unsigned int order)
{
	void *memory = linux_peer_alloc(1, flags);

	(void)order;
	linux_peer_free(memory);
	return memory ? pfn_to_page(LINUX_PEER_OWN_PFN) : NULL;
}

void __free_pages(struct page *page, unsigned int order)
{
	(void)page;
	(void)order;
}

/* --- What is pinned --- */

static unsigned long pages_before_device_memory(unsigned long vaddr, unsigned long nr_pages)
{
	const struct linux_circumstances *now = linux_peer_now();

	if (linux_peer_device_memory(vaddr))
		return 0;
	if (!now->device_last || vaddr > now->device_first)
		return nr_pages;
	return min(nr_pages, (now->device_first - vaddr) >> PAGE_SHIFT);
}

/*
 * Up to the first page that cannot be pinned; host pages come in runs. Processes
 * have the same memory here: whose it was is only counted.
 */
long linux_peer_pin(const struct mm_struct *mm, unsigned long vaddr, unsigned long nr_pages,
		    bool write, struct page **pages)
{
	unsigned long pinned = 0;
	__s64 run = -EFAULT;

	linux_peer->pins_write = write;
	nr_pages = pages_before_device_memory(vaddr, nr_pages);
	while (pinned < nr_pages) {
		__u64 pfn = 0;

		run = linux_peer->world->pin(linux_peer->world->context,
					     vaddr + (pinned << PAGE_SHIFT), nr_pages - pinned,
					     write, &pfn);
		if (run <= 0)
			break;
		for (__s64 i = 0; i < run; ++i) {
			pages[pinned++] = pfn_to_page(pfn + i);
			/* Since 6.5 the page of zeros is not pinned; 6.1 unpins it. */
			if (LINUX_VERSION >= 612 && is_zero_pfn(pfn + i))
				linux_peer->world->unpin(linux_peer->world->context, pfn + i, 1,
							 write);
		}
	}
	if (mm->number)
		linux_peer_now()->nr_pinned_of_other += pinned;
	linux_peer->foresight.nr_pinned += pinned;
	if (linux_peer->foresight.careful &&
	    linux_peer->foresight.nr_pinned > linux_peer->foresight.most_pages)
		linux_peer_stop("foreseen", "slow");
	return pinned ? (long)pinned : run;
}

/* Memory without struct pages is one vma. */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long address)
{
	static __thread struct vm_area_struct vma = {.vm_flags = VM_PFNMAP};

	vma.vm_mm = mm;
	return linux_peer_device_memory(address) ? &vma : NULL;
}

int fixup_user_fault(struct mm_struct *mm, unsigned long address, unsigned int flags,
		     bool *unlocked)
{
	struct linux_circumstances *now = linux_peer_now();

	(void)mm;
	(void)address;
	(void)flags;
	if (now->device_tables == LINUX_NOT_THERE)
		return -EFAULT;
	if (now->device_tables == LINUX_FAULTS_MORE)
		*unlocked = true;
	if (now->device_tables != LINUX_GOES_AWAY)
		now->device_tables -= 1;
	return 0;
}

/* The page table entry of @address, if there is one. */
static bool find_entry(unsigned long address, unsigned long *pfn)
{
	const struct linux_circumstances *now = linux_peer_now();

	*pfn = now->device_pfn + ((address - now->device_first) >> PAGE_SHIFT);
	return now->device_tables == LINUX_MAPPED;
}

int follow_pte(struct mm_struct *mm, unsigned long address, pte_t **pte, spinlock_t **lock)
{
	static __thread pte_t entry;
	unsigned long pfn;

	(void)mm;
	(void)lock;
	if (!find_entry(address, &pfn))
		return -EINVAL;
	entry.value = pfn << PAGE_SHIFT | !linux_peer_now()->device_read_only;
	*pte = &entry;
	return 0;
}

int follow_pfnmap_start(struct follow_pfnmap_args *args)
{
	args->writable = !linux_peer_now()->device_read_only;
	args->addr_mask = PAGE_MASK;
	return find_entry(args->address, &args->pfn) ? 0 : -EINVAL;
}

void unpin_user_page(struct page *page)
{
	linux_peer->world->unpin(linux_peer->world->context, page_to_pfn(page), 1, false);
}

/* A page is made dirty if it could have been written: with what it was pinned for. */
void unpin_user_pages_dirty_lock(struct page **pages, unsigned long nr_pages, bool make_dirty)
{
	while (nr_pages--)
		linux_peer->world->unpin(linux_peer->world->context, page_to_pfn(pages[nr_pages]),
					 1, make_dirty);
}

void unpin_user_page_range_dirty_lock(struct page *page, unsigned long nr_pages, bool make_dirty)
{
	linux_peer->world->unpin(linux_peer->world->context, page_to_pfn(page), nr_pages,
				 make_dirty);
}

/* Nobody has written to them, but what they were pinned for has to be known here. */
void unpin_user_pages(struct page **pages, unsigned long nr_pages)
{
	unpin_user_pages_dirty_lock(pages, nr_pages, linux_peer->pins_write);
}

/* --- The user --- */

unsigned long copy_from_user(void *to, const void *from, unsigned long bytes)
{
	return linux_peer->world->copy_from_user(linux_peer->world->context, to, (__u64)from, bytes);
}

unsigned long copy_to_user(void *to, const void *from, unsigned long bytes)
{
	return linux_peer->world->copy_to_user(linux_peer->world->context, (__u64)to, from, bytes);
}

bool access_ok(const void *address, unsigned long bytes)
{
	return linux_peer->world->access_ok(linux_peer->world->context, (__u64)address, bytes);
}

/* --- The core of VFIO --- */

const struct vfio_iommu_driver_ops *linux_peer_driver;

int vfio_register_iommu_driver(const struct vfio_iommu_driver_ops *ops)
{
	linux_peer_driver = ops;
	return 0;
}

void vfio_unregister_iommu_driver(const struct vfio_iommu_driver_ops *ops)
{
	(void)ops;
	linux_peer_driver = NULL;
}

/* A chain of capabilities in one buffer; each says at which byte the next begins. */
struct vfio_info_cap_header *vfio_info_cap_add(struct vfio_info_cap *caps, size_t size, u16 id,
					       u16 version)
{
	struct vfio_info_cap_header *added, *last;
	char *bytes;

	if (LINUX_VERSION >= 612)
		size = ALIGN(size, sizeof(u64));
	bytes = krealloc(caps->buf, caps->size + size, GFP_KERNEL);
	if (!bytes) {
		kfree(caps->buf);
		*caps = (struct vfio_info_cap){};
		return ERR_PTR(-ENOMEM);
	}
	caps->buf = (void *)bytes;
	added = (void *)(bytes + caps->size);
	memset(added, 0, size);
	added->id = id;
	added->version = version;
	if (caps->size) {
		for (last = caps->buf; last->next; last = (void *)(bytes + last->next))
			;
		last->next = caps->size;
	}
	caps->size += size;
	return added;
}

int vfio_info_add_capability(struct vfio_info_cap *caps, struct vfio_info_cap_header *cap,
			     size_t size)
{
	struct vfio_info_cap_header *added =
		vfio_info_cap_add(caps, size, cap->id, cap->version);

	if (IS_ERR(added))
		return PTR_ERR(added);
	memcpy(added + 1, cap + 1, size - sizeof(*cap));
	return 0;
}

void vfio_info_cap_shift(struct vfio_info_cap *caps, size_t offset)
{
	struct vfio_info_cap_header *header = caps->buf;

	while (header->next) {
		const u32 next = header->next;

		header->next += offset;
		header = (void *)((char *)caps->buf + next);
	}
}
