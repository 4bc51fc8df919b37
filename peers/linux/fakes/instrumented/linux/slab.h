/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Allocations are counted, so that leaks show, and fail when the world says so. */
#ifndef LINUX_PEER_SLAB_H
#define LINUX_PEER_SLAB_H

#include <linux/kernel.h>

#define GFP_KERNEL 0u
#define GFP_KERNEL_ACCOUNT 1u
#define __GFP_ZERO 2u
#define __GFP_NOFAIL 4u
#define __GFP_RETRY_MAYFAIL 0u
#define __GFP_NOWARN 0u

/* Null if the allocation fails. New bytes are 0 if __GFP_ZERO, else garbage. */
void *linux_peer_alloc(size_t bytes, gfp_t flags);
void linux_peer_free(const void *pointer);

static inline void *kmalloc(size_t bytes, gfp_t flags)
{
	return linux_peer_alloc(bytes, flags);
}
static inline void *kzalloc(size_t bytes, gfp_t flags)
{
	return linux_peer_alloc(bytes, flags | __GFP_ZERO);
}
static inline void *kvzalloc(size_t bytes, gfp_t flags)
{
	return linux_peer_alloc(bytes, flags | __GFP_ZERO);
}
static inline void *kmalloc_array(size_t count, size_t bytes, gfp_t flags)
{
	return linux_peer_alloc(count * bytes, flags);
}
static inline void *kcalloc(size_t count, size_t bytes, gfp_t flags)
{
	return linux_peer_alloc(count * bytes, flags | __GFP_ZERO);
}
static inline void *kvcalloc(size_t count, size_t bytes, gfp_t flags)
{
	return linux_peer_alloc(count * bytes, flags | __GFP_ZERO);
}
/* By what is allocated: objects of the variable's type. */
#define kmalloc_obj(object, ...) ((typeof(object) *)kmalloc(sizeof(object), GFP_KERNEL))
#define kzalloc_obj(object, ...) ((typeof(object) *)kzalloc(sizeof(object), GFP_KERNEL))
void *krealloc(const void *pointer, size_t bytes, gfp_t flags);
static inline void kfree(const void *pointer)
{
	linux_peer_free(pointer);
}
static inline void kvfree(const void *pointer)
{
	linux_peer_free(pointer);
}

#endif
