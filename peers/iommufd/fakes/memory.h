/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stand-ins that are changed so that the harness sees: memory of the kernel, which is counted, and
 * of the user, whose pages may be missing; warnings. Physical addresses are addresses.
 */
#ifndef IOMMUFD_PEER_MEMORY_H
#define IOMMUFD_PEER_MEMORY_H

#include "objects.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define offset_in_page(address) ((unsigned long)(address) & ~PAGE_MASK)
#define u64_to_user_ptr(address) ((void __user *)(uintptr_t)(address))

#define GFP_KERNEL 0u
#define GFP_KERNEL_ACCOUNT 1u
#define GFP_ATOMIC 2u
#define __GFP_ZERO 4u
#define __GFP_NOWARN 8u

/* Each page has its struct beside the others, large enough for what the kernel lays over it. */
struct list_head {
	struct list_head *next, *prev;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};
struct page {
	unsigned long flags;
	struct list_head lru;
	unsigned long more[8];
};
struct folio;

/* A page of zeros, or null. */
void *iommufd_peer_page_alloc(void);
void iommufd_peer_page_free(void *page);
struct page *virt_to_page(const void *address);
void *page_address(const struct page *page);
#define virt_to_folio(address) ((struct folio *)virt_to_page(address))
#define virt_to_phys(address) ((phys_addr_t)(uintptr_t)(address))
#define phys_to_virt(phys) ((void *)(uintptr_t)(phys))
#define __va(phys) phys_to_virt(phys)
#define __pa(address) virt_to_phys(address)
#define __sme_set(phys) (phys)
#define __sme_clr(phys) (phys)

/* As pages of an allocator, all of order 0. */
static inline struct page *alloc_pages(gfp_t flags, unsigned int order)
{
	void *page = order ? NULL : iommufd_peer_page_alloc();

	(void)flags;
	return page ? virt_to_page(page) : NULL;
}
static inline void __free_pages(struct page *page, unsigned int order)
{
	(void)order;
	iommufd_peer_page_free(page_address(page));
}
#define alloc_pages_node(node, flags, order) alloc_pages(flags, order)
#define put_page(page) __free_pages(page, 0)
#define page_pgdat(page) NULL
#define mod_node_page_state(node, item, change) IOMMUFD_PEER_IGNORE(change)
#define mod_lruvec_page_state(page, item, change) IOMMUFD_PEER_IGNORE(change)

void *iommufd_peer_alloc(size_t bytes);
void iommufd_peer_free(const void *pointer);
#define kzalloc(bytes, flags) iommufd_peer_alloc(bytes)
#define kmalloc(bytes, flags) iommufd_peer_alloc(bytes)
#define kcalloc(count, bytes, flags) iommufd_peer_alloc((count) * (bytes))
#define kmalloc_array(count, bytes, flags) iommufd_peer_alloc((count) * (bytes))
#define kzalloc_obj(object, ...) ((typeof(object) *)iommufd_peer_alloc(sizeof(object)))
#define kmalloc_obj(object, ...) kzalloc_obj(object)
#define kzalloc_objs(object, count, ...) \
	((typeof(object) *)iommufd_peer_alloc((count) * sizeof(object)))
#define kfree(pointer) iommufd_peer_free(pointer)
#define __get_free_page(flags) ((unsigned long)iommufd_peer_page_alloc())
#define free_page(address) iommufd_peer_page_free((void *)(address))

/* The user's. As the kernel's: how many were pinned, which may be fewer, or an error. */
#define FOLL_WRITE 1u
int pin_user_pages_fast(unsigned long address, int nr_pages, unsigned int flags,
			struct page **pages);
void unpin_user_pages(struct page **pages, unsigned long nr_pages);
#define kmap_local_page(page) page_address(page)
#define kunmap_local(address) ((void)(address))

/* Noted down; the call goes on. */
void iommufd_peer_warn(const char *function);
_Noreturn void iommufd_peer_bug(const char *function);
#define WARN_ON(condition)                           \
	({                                           \
		const bool warns = !!(condition);    \
		if (unlikely(warns))                 \
			iommufd_peer_warn(__func__); \
		unlikely(warns);                     \
	})
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define WARN(condition, ...) WARN_ON(condition)
#define WARN_ONCE(condition, ...) WARN_ON(condition)
#define BUG_ON(condition)                           \
	do {                                        \
		if (unlikely(condition))            \
			iommufd_peer_bug(__func__); \
	} while (0)
#define BUG() BUG_ON(true)

#include <linux/list.h>

#endif
