/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * tidemark: a dirty-page tracker for VFIO live migration.
 *
 * The ioctl side is <linux/vfio.h>'s type1 interface as it is; the driver side
 * is below. docs/contract.md holds the numbered rules (R, B, N, D) that the
 * comments cite.
 *
 * Conventions. Addresses and sizes are in bytes unless a name says _pages; a
 * page is 4 KiB. Ranges are inclusive, [first, last], so that one may end at
 * 2^64 - 1. Functions return 0 (or a count) or -errno. A call that fails leaves
 * the container as it was, but for what R4, R9 and B1 say.
 *
 * Locking. Every function may be called from several threads at once, from
 * process context, and may sleep. Each takes effect as if it were alone (R17);
 * only the unmap callbacks run without the container's lock.
 */
#ifndef TIDEMARK_H
#define TIDEMARK_H

#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tidemark_container;

/**
 * enum tidemark_range_rule - which ranges a dirty query may name (R10)
 * @TIDEMARK_RANGE_EXACT: one mapping, as proposed in v16
 * @TIDEMARK_RANGE_WHOLE: cuts no mapping, as Linux
 * @TIDEMARK_RANGE_ANY: any range aligned to P
 */
enum tidemark_range_rule {
	TIDEMARK_RANGE_EXACT,
	TIDEMARK_RANGE_WHOLE,
	TIDEMARK_RANGE_ANY,
};

/**
 * enum tidemark_store - where the marks of a mapping are kept
 * @TIDEMARK_STORE_BITMAP: a bit for each page, from START to STOP, as Linux
 * @TIDEMARK_STORE_SPARSE: a tree that takes memory when pages are marked (D23)
 * @TIDEMARK_STORE_RANGES: a tree of dirty ranges for all mappings of the container (D23)
 * @TIDEMARK_STORE_PINNED: the same, but for pages that are pinned: their pins are walked (D23)
 */
enum tidemark_store {
	TIDEMARK_STORE_BITMAP,
	TIDEMARK_STORE_SPARSE,
	TIDEMARK_STORE_RANGES,
	TIDEMARK_STORE_PINNED,
};

/**
 * struct tidemark_config - what a container is made with, once and for all
 * @type: VFIO_TYPE1_IOMMU or VFIO_TYPE1v2_IOMMU
 * @range_rule: which ranges a dirty query may name
 * @dma_entry_limit: mappings at once; 65535 is Linux's default, 0 allows none
 * @store: where marks are kept
 */
struct tidemark_config {
	__u32 type;
	enum tidemark_range_rule range_rule;
	__u32 dma_entry_limit;
	enum tidemark_store store;
};

/**
 * tidemark_container_create - make an empty container
 * @config: copied
 * @container: where to put it; untouched on failure
 *
 * Return: 0, -EINVAL for a type, rule or store that does not exist, -ENOMEM.
 */
int tidemark_container_create(const struct tidemark_config *config,
			      struct tidemark_container **container);

/**
 * tidemark_container_destroy - release a container and all it holds (N3)
 * @container: gone afterwards
 *
 * The caller has unregistered its devices and makes no other call meanwhile.
 * Pins that a driver still holds are dropped, with a warning.
 */
void tidemark_container_destroy(struct tidemark_container *container);

/**
 * tidemark_container_ioctl - the user's side (R1-R15)
 * @container: whose; VFIO_CHECK_EXTENSION may come before there is one: NULL
 * @command: VFIO_CHECK_EXTENSION or VFIO_IOMMU_{GET_INFO, MAP_DMA, UNMAP_DMA,
 *	     DIRTY_PAGES}
 * @argument: a number for the first, else the user address of its struct
 *
 * UNMAP_DMA calls the devices' callbacks, and so must not be called from where
 * a driver holds a lock that its callback takes.
 *
 * Cost: a query is O(log mappings + mappings in the range + dirty words + pins
 * in the range); the others O(log mappings) for each mapping that they touch.
 *
 * Return: what the ioctl returns; -ENOTTY for any other command. By command:
 * CHECK_EXTENSION 0 or 1; GET_INFO 0, -EFAULT, -EINVAL, -ENOMEM (D14); MAP_DMA 0,
 * -EFAULT, -EINVAL, -EEXIST, -ENOSPC, -ENOMEM (D10), and with hardware groups what
 * pinning and their domains' map give, such as -EINTR if the caller is killed;
 * UNMAP_DMA 0, -EFAULT, -EINVAL, -EBUSY (R13, R14); DIRTY_PAGES 0, -EACCES, -EFAULT,
 * -EINVAL, -ENOMEM (R12).
 */
long tidemark_container_ioctl(struct tidemark_container *container,
			      unsigned int command, unsigned long argument);

/**
 * struct tidemark_iova_range - bytes of device addresses
 * @first: the first byte
 * @last: the last byte, not below @first
 */
struct tidemark_iova_range {
	__u64 first;
	__u64 last;
};

/**
 * struct tidemark_iommu_ops - a hardware group's IOMMU domain, as far as the tracker needs it
 * @map: Map @nr_pages pages from host page @pfn on with rights @prot; 0 or -errno,
 *	 all or nothing.
 * @unmap: Unmap a range that was mapped, whole.
 * @lookup: Return how many of the @nr_pages pages from @iova on, which is mapped, lie
 *	    in consecutive host pages, and the first of those in @pfn: all that do,
 *	    so that a range can be unmapped, and mapped elsewhere, as it was mapped.
 *
 * All run under the container's lock, and may sleep.
 */
struct tidemark_iommu_ops {
	int (*map)(void *domain, __u64 iova, __u64 pfn, __u64 nr_pages, int prot);
	void (*unmap)(void *domain, __u64 iova, __u64 nr_pages);
	__u64 (*lookup)(void *domain, __u64 iova, __u64 nr_pages, __u64 *pfn);
};

#define TIDEMARK_GROUP_HARDWARE		(1 << 0) /* else emulated: the rest is ignored */
#define TIDEMARK_GROUP_CACHE_COHERENT	(1 << 1) /* VFIO_DMA_CC_IOMMU */

/**
 * struct tidemark_group_info - what a group's devices can reach, and how
 * @flags: TIDEMARK_GROUP_HARDWARE, TIDEMARK_GROUP_CACHE_COHERENT
 * @nr_reserved: ranges in @reserved
 * @pgsizes: bit n: pages of 2^n bytes
 * @aperture: what the IOMMU can map at all
 * @reserved: what it cannot all the same; sorted, disjoint; copied
 * @iommu: how its domain is called
 * @domain: what @iommu is called with
 *
 * Of an emulated group only @flags counts.
 */
struct tidemark_group_info {
	__u32 flags;
	__u32 nr_reserved;
	__u64 pgsizes;
	struct tidemark_iova_range aperture;
	const struct tidemark_iova_range *reserved;
	const struct tidemark_iommu_ops *iommu;
	void *domain;
};

/**
 * tidemark_group_attach - let a group of devices use the container's mappings
 * @container: which it joins
 * @id: what the caller calls the group: any pointer, never followed
 * @info: copied; what @iommu and @domain point to is used until the detach
 *
 * Hardware: all mappings are pinned, accounted and mapped into its domain (R16,
 * D8), and are dirty in every query until the group pins pages (R5). Cost:
 * O(mapped pages).
 *
 * Return: 0; -EINVAL if @id is attached, no page size or no address would be
 * left, or a mapping lies outside of what is; -ENOMEM, also for the locked-
 * memory limit; -EFAULT; -ENODEV or -ESRCH if the process that made a mapping is
 * gone; -EINTR if the caller is killed, or what else pinning pages gives in the
 * kernel; what the domain's map returns.
 */
int tidemark_group_attach(struct tidemark_container *container, const void *id,
			  const struct tidemark_group_info *info);

/**
 * tidemark_group_detach - take it out again (R6, D9)
 * @container: which it leaves
 * @id: as at the attach; one that is not attached is ignored
 *
 * The group's devices no longer reach memory when this is called. The last
 * group takes all mappings along.
 */
void tidemark_group_detach(struct tidemark_container *container, const void *id);

/**
 * struct tidemark_device - a driver that holds pins
 * @dma_unmap: Told that [iova, iova + bytes) goes away; unpins what the driver
 *	       holds there.
 *
 * The driver owns the struct from register to unregister. @dma_unmap runs without
 * the container's lock and may make any call on it, but unregister no device whose
 * callback may be running: its own, or, from a callback within a callback, that of
 * the one outside.
 */
struct tidemark_device {
	void (*dma_unmap)(struct tidemark_device *device, __u64 iova, __u64 bytes);
	/* private: guarded by the container's lock */
	struct tidemark_device *next;
	__u64 serial;
	__u32 nr_callers;
	void *leaving;
};

/**
 * tidemark_device_register - have a device told of unmaps; pins need one
 * @container: whose unmaps
 * @device: not registered anywhere
 */
void tidemark_device_register(struct tidemark_container *container,
			      struct tidemark_device *device);

/**
 * tidemark_device_unregister - and no longer; waits for running callbacks
 * @container: where it was registered
 * @device: one that is not registered is left alone, with a warning
 */
void tidemark_device_unregister(struct tidemark_container *container,
				struct tidemark_device *device);

#define TIDEMARK_READ	(1 << 0)	/* as IOMMU_READ */
#define TIDEMARK_WRITE	(1 << 1)	/* as IOMMU_WRITE */

/**
 * tidemark_pages_pin - hold pages for a driver's device, and mark them (R3)
 * @container: whose mappings
 * @id: the driver's group; its first success ends R5 for it (B12)
 * @iova: anywhere in the first page
 * @nr_pages: 1 to 512
 * @prot: rights that the mapping must have, TIDEMARK_READ and TIDEMARK_WRITE
 * @pfns: @nr_pages host page numbers; undefined on failure
 *
 * All or nothing, but marks of a failed pin stay (R9). Cost: O(log mappings + log
 * pins of the mapping) a page.
 *
 * Return: @nr_pages; -EINVAL (B9, no such group, no device registered, not
 * mapped), -E2BIG, -EACCES (v1), -EPERM, -EFAULT, -ENOMEM (also R16's limit);
 * -ENODEV or -ESRCH if the process that made the mapping is gone; -EINTR if the
 * caller is killed, or what else pinning pages gives in the kernel.
 */
int tidemark_pages_pin(struct tidemark_container *container, const void *id,
		       __u64 iova, int nr_pages, int prot, __u64 *pfns);

/**
 * tidemark_pages_unpin - give one pin of each page back (D16)
 * @container: whose mappings
 * @iova: anywhere in the first page
 * @nr_pages: 1 to 512
 *
 * Ends at the first page that is not mapped, with a warning. A page that is not
 * pinned is passed over. Cost: as tidemark_pages_pin().
 */
void tidemark_pages_unpin(struct tidemark_container *container, __u64 iova,
			  int nr_pages);

/**
 * tidemark_memory_write - write a mapping's memory on a device's behalf (R4, B3)
 * @container: whose mappings
 * @iova: of the first byte
 * @data: what to write
 * @bytes: how much
 *
 * Not atomic: a part that fails leaves the parts before it done, and marked.
 * Cost: O(log mappings) for each mapping, and the copy.
 *
 * Return: 0; -EINVAL (nothing to do, not mapped), -EPERM (rights, or the process
 * that made the mapping is gone), -EFAULT (also if another process calls).
 */
int tidemark_memory_write(struct tidemark_container *container, __u64 iova,
			  const void *data, size_t bytes);

/**
 * tidemark_memory_read - read it
 * @container: whose mappings
 * @iova: of the first byte
 * @data: where to; on failure the parts before the one that failed are there
 * @bytes: how much
 *
 * Cost: as tidemark_memory_write().
 *
 * Return: as tidemark_memory_write().
 */
int tidemark_memory_read(struct tidemark_container *container, __u64 iova,
			 void *data, size_t bytes);

/**
 * struct tidemark_stats - how much of everything there is
 * @pgsizes: as GET_INFO's iova_pgsizes
 * @pinned_pages: distinct
 * @locked_pages: accounted against their owners' limits, be these gone or not (R16)
 * @nr_mappings: how many
 * @dma_avail: how many more there may be
 * @nr_groups: attached, hardware and emulated
 * @tracking: 0 or 1
 */
struct tidemark_stats {
	__u64 pgsizes;
	__u64 pinned_pages;
	__u64 locked_pages;
	__u32 nr_mappings;
	__u32 dma_avail;
	__u32 nr_groups;
	__u32 tracking;
};

/**
 * tidemark_container_stats - count what there is
 * @container: in which
 * @stats: to be filled, all of one moment
 *
 * Cost: O(1).
 */
void tidemark_container_stats(struct tidemark_container *container,
			      struct tidemark_stats *stats);

/**
 * struct tidemark_visitor - who looks at everything there is
 * @context: given to every function
 * @mapping: A mapping of bytes [first, last].
 * @pin: A page of it that is pinned @count times, by its first byte.
 * @marks: Bytes [first, last] of it, whole pages, are marked. While tracking is off
 *	   nothing is (R2): the store's own word for it, and not that of the container.
 *
 * Mapping by mapping in ascending order, each followed by its pins and its marks.
 * Functions run under the container's lock.
 */
struct tidemark_visitor {
	void *context;
	void (*mapping)(void *context, __u64 first, __u64 last, __u64 vaddr, int prot);
	void (*pin)(void *context, __u64 iova, __u64 count);
	void (*marks)(void *context, __u64 first, __u64 last);
};

/**
 * tidemark_container_visit - show everything there is, all of one moment
 * @container: what is shown
 * @visitor: to whom
 *
 * Changes nothing. Cost: O(mappings + pins + words with a mark).
 */
void tidemark_container_visit(struct tidemark_container *container,
			      const struct tidemark_visitor *visitor);

#ifdef __cplusplus
}
#endif

#endif
