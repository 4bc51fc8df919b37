/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Host pages are numbers, given by the world when it pins a user page, and a struct
 * page pointer is that number in disguise, never followed. None is page 0, and,
 * unless a test says so, none is reserved or without a struct page. The world says
 * which can be pinned; all pins are counted.
 *
 * Processes' locked memory and the references held on them are counted, too.
 */
#ifndef LINUX_PEER_MM_H
#define LINUX_PEER_MM_H

#include <linux/bug.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "../circumstances.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PFN_PHYS(pfn) ((phys_addr_t)(pfn) << PAGE_SHIFT)
#define PHYS_PFN(address) ((unsigned long)((address) >> PAGE_SHIFT))

struct page;

static inline unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)page >> 6;
}
static inline struct page *pfn_to_page(unsigned long pfn)
{
	return (struct page *)(pfn << 6);
}
static inline phys_addr_t page_to_phys(const struct page *page)
{
	return page_to_pfn(page) << PAGE_SHIFT;
}
/* Is it memory without struct pages at that user address? */
static inline bool linux_peer_device_memory(unsigned long address)
{
	const struct linux_circumstances *now = linux_peer_now();

	return now->device_last && address >= now->device_first && address <= now->device_last;
}
static inline bool pfn_valid(unsigned long pfn)
{
	const struct linux_circumstances *now = linux_peer_now();

	if (!pfn || !now->device_last || now->device_has_structs)
		return pfn;
	return pfn < now->device_pfn ||
	       pfn - now->device_pfn > (now->device_last - now->device_first) >> PAGE_SHIFT;
}
static inline bool is_zero_pfn(unsigned long pfn)
{
	return pfn && pfn == linux_peer_now()->zero_pfn;
}
static inline bool PageReserved(const struct page *page)
{
	return is_zero_pfn(page_to_pfn(page));
}
static inline int get_order(unsigned long bytes)
{
	return bytes <= PAGE_SIZE ? 0 : 64 - __builtin_clzl((bytes - 1) >> PAGE_SHIFT);
}

/* Pages of the kernel's own. */
static inline unsigned long __get_free_page(gfp_t flags)
{
	return (unsigned long)linux_peer_alloc(PAGE_SIZE, flags);
}
static inline void free_page(unsigned long address)
{
	linux_peer_free((void *)address);
}
struct page *alloc_pages(gfp_t flags, unsigned int order);
void __free_pages(struct page *page, unsigned int order);

/* A process's. */
struct mm_struct {
	struct list_head list; /* in linux_container.mms */
	u64 number;            /* as the world has it */
	bool gone;
	unsigned long locked_vm; /* pages */
	u64 own_pages;           /* of those, locked by the process itself */
	long nr_references;
};
static inline void mmap_write_lock(struct mm_struct *mm)
{
	(void)mm;
}
static inline int mmap_write_lock_killable(struct mm_struct *mm)
{
	(void)mm;
	return linux_peer_now()->dying ? -EINTR : 0;
}
static inline void mmap_write_unlock(struct mm_struct *mm)
{
	(void)mm;
}
static inline void mmap_read_lock(struct mm_struct *mm)
{
	(void)mm;
}
static inline int mmap_read_lock_killable(struct mm_struct *mm)
{
	return mmap_write_lock_killable(mm);
}
static inline void mmap_read_unlock(struct mm_struct *mm)
{
	(void)mm;
}
int __account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc,
			struct task_struct *task, bool bypass_rlim);

/* Its pages. */
#define FOLL_WRITE 1u
#define FOLL_LONGTERM 2u
long linux_peer_pin(const struct mm_struct *mm, unsigned long vaddr, unsigned long nr_pages,
		    bool write, struct page **pages);
/* 6.1: the last two are the vmas and whether the lock was dropped; 6.12 has only the latter. */
#define pin_user_pages_remote(mm, vaddr, nr_pages, flags, pages, ...) \
	linux_peer_pin(mm, vaddr, nr_pages, (flags) & FOLL_WRITE, pages)
void unpin_user_page(struct page *page);
void unpin_user_pages(struct page **pages, unsigned long nr_pages);
void unpin_user_page_range_dirty_lock(struct page *page, unsigned long nr_pages, bool make_dirty);
void unpin_user_pages_dirty_lock(struct page **pages, unsigned long nr_pages, bool make_dirty);
#define untagged_addr(address) (address)
#define untagged_addr_remote(mm, address) (address)

/* Pages without a struct page. */
#define VM_PFNMAP 1ul
#define FAULT_FLAG_REMOTE 1u
#define FAULT_FLAG_WRITE 2u
typedef struct {
	unsigned long value;
} pte_t;
struct vm_area_struct {
	unsigned long vm_flags;
	struct mm_struct *vm_mm;
};
struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long address);
int fixup_user_fault(struct mm_struct *mm, unsigned long address, unsigned int flags,
		     bool *unlocked);
int follow_pte(struct mm_struct *mm, unsigned long address, pte_t **pte, spinlock_t **lock);
#define pte_write(pte) ((pte).value & 1)
#define pte_pfn(pte) ((pte).value >> PAGE_SHIFT)
#define pte_unmap_unlock(pte, lock) ((void)(pte), (void)(lock))
struct follow_pfnmap_args {
	struct vm_area_struct *vma;
	unsigned long address;
	unsigned long pfn, addr_mask;
	bool writable;
};
int follow_pfnmap_start(struct follow_pfnmap_args *args);
static inline void follow_pfnmap_end(struct follow_pfnmap_args *args)
{
	(void)args;
}

#endif
