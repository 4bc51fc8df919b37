/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stand-ins that do nothing: objects of the kernel that the files under test have in structs or
 * name in prototypes, and never look into; locks, as there is one thread.
 */
#ifndef IOMMUFD_PEER_OBJECTS_H
#define IOMMUFD_PEER_OBJECTS_H

#include "numbers.h"

#define IOMMUFD_PEER_NOTHING(name) \
	typedef struct {           \
		int nothing;       \
	} name

IOMMUFD_PEER_NOTHING(spinlock_t);
IOMMUFD_PEER_NOTHING(raw_spinlock_t);
IOMMUFD_PEER_NOTHING(refcount_t);
IOMMUFD_PEER_NOTHING(seqcount_t);
IOMMUFD_PEER_NOTHING(guid_t);
typedef int irqreturn_t;
typedef u64 pci_ers_result_t;

typedef struct wait_queue_head {
	int nothing;
} wait_queue_head_t;
/* Of one entry, which is as many domains as there are here. */
struct xarray {
	void *entry;
};
struct maple_tree {
	int nothing;
};
struct mutex {
	int nothing;
};
struct rw_semaphore {
	int nothing;
};
struct kref {
	int count;
};
static inline void kref_init(struct kref *kref)
{
	kref->count = 1;
}
static inline void kref_get(struct kref *kref)
{
	++kref->count;
}
static inline int kref_put(struct kref *kref, void (*release)(struct kref *kref))
{
	if (--kref->count)
		return 0;
	release(kref);
	return 1;
}
struct work_struct {
	int nothing;
};
struct ida {
	int nothing;
};
struct rcu_head {
	int nothing;
};
struct llist_node {
	int nothing;
};
struct msi_msg {
	int nothing;
};
struct ratelimit_state {
	int nothing;
};
struct llist_head {
	int nothing;
};
struct mmu_notifier {
	int nothing;
};
struct bus_type {
	int nothing;
};
struct notifier_block {
	int nothing;
};
struct phys_vec {
	phys_addr_t paddr;
	size_t len;
};
struct kmem_cache;
struct mm_struct;
struct task_struct;
struct user_struct;
struct file;
struct fwnode_handle;
struct dma_buf;
struct dma_buf_attachment;
struct pci_bus;
struct dev_iommu;
struct iommu_group;
struct device {
	struct dev_iommu *iommu;
	struct iommu_group *iommu_group;
};
struct pci_dev {
	struct device dev;
	struct pci_bus *bus;
	unsigned int vendor, device;
};
struct scatterlist {
	int nothing;
};
struct sg_table {
	struct scatterlist *sgl;
	unsigned int orig_nents;
};
struct of_phandle_args;
struct mem_cgroup;

#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#define NUMA_NO_NODE (-1)
#define pci_domain_nr(bus) 0
#define pci_dev_id(device) 0
#define PCI_VENDOR_ID_ATI 0x1002
#define PCI_DEVICE_ID_RD890_IOMMU 0x5a23

#define IOMMUFD_PEER_IGNORE(...)                  \
	do {                                      \
		if (0)                            \
			iommufd_peer_ignore(0, ##__VA_ARGS__); \
	} while (0)
static inline void iommufd_peer_ignore(int nothing, ...)
{
	(void)nothing;
}
#define spin_lock_init(lock) IOMMUFD_PEER_IGNORE(lock)
#define spin_lock(lock) IOMMUFD_PEER_IGNORE(lock)
#define spin_unlock(lock) IOMMUFD_PEER_IGNORE(lock)
#define spin_lock_irqsave(lock, flags) ((void)(lock), (flags) = 0)
#define spin_unlock_irqrestore(lock, flags) IOMMUFD_PEER_IGNORE(lock, flags)
#define mutex_init(lock) IOMMUFD_PEER_IGNORE(lock)
#define mutex_lock(lock) IOMMUFD_PEER_IGNORE(lock)
#define mutex_unlock(lock) IOMMUFD_PEER_IGNORE(lock)
#define DEFINE_MUTEX(name) struct mutex name
#define init_rwsem(lock) IOMMUFD_PEER_IGNORE(lock)
#define down_read(lock) IOMMUFD_PEER_IGNORE(lock)
#define up_read(lock) IOMMUFD_PEER_IGNORE(lock)
#define down_write(lock) IOMMUFD_PEER_IGNORE(lock)
#define up_write(lock) IOMMUFD_PEER_IGNORE(lock)
#define lockdep_assert_held(lock) IOMMUFD_PEER_IGNORE(lock)
#define lockdep_assert_held_read(lock) IOMMUFD_PEER_IGNORE(lock)
#define lockdep_assert_held_write(lock) IOMMUFD_PEER_IGNORE(lock)
#define lockdep_is_held(lock) true
#define seqcount_init(count) IOMMUFD_PEER_IGNORE(count)
/* Each look at a table begins with it: a loop that has no end is noticed there. */
void iommufd_step(const char *where);
#define read_seqcount_begin(count) ((void)(count), iommufd_step(__func__), 0)
#define read_seqcount_retry(count, start) ((void)(count), (void)(start), false)
#define write_seqcount_begin(count) IOMMUFD_PEER_IGNORE(count)
#define write_seqcount_end(count) IOMMUFD_PEER_IGNORE(count)
#define XA_FLAGS_ACCOUNT 0
#define XA_FLAGS_ALLOC 0
#define XA_FLAGS_ALLOC1 0
#define xa_init_flags(array, flags) ((array)->entry = NULL)
#define xa_init(array) xa_init_flags(array, 0)
#define xa_empty(array) (!(array)->entry)
#define xa_load(array, index) ((array)->entry)
#define xa_reserve(array, index, flags) ((void)(array), 0)
#define xa_release(array, index) IOMMUFD_PEER_IGNORE(array)
#define xa_store(array, index, value, flags) ((array)->entry = (value))
#define xa_for_each(array, index, value) \
	for (index = 0, value = (array)->entry; (value); value = NULL)
#define xa_for_each_start(array, index, value, start) xa_for_each(array, index, value)
static inline void *xa_erase(struct xarray *array, unsigned long index)
{
	void *was = array->entry;

	(void)index;
	array->entry = NULL;
	return was;
}
#define xa_limit_16b 0
#define guard(kind) IOMMUFD_PEER_IGNORE
#define rcu_assign_pointer(pointer, value) WRITE_ONCE(pointer, value)
#define might_sleep() IOMMUFD_PEER_IGNORE()
#define cond_resched() IOMMUFD_PEER_IGNORE()
#define pr_warn(...) IOMMUFD_PEER_IGNORE(__VA_ARGS__)
#define pr_err(...) IOMMUFD_PEER_IGNORE(__VA_ARGS__)
#define pr_debug(...) IOMMUFD_PEER_IGNORE(__VA_ARGS__)
#define pr_err_ratelimited(...) IOMMUFD_PEER_IGNORE(__VA_ARGS__)
#define DEFINE_FREE(name, type, free) struct iommufd_peer_free_##name

#define smp_mb() IOMMUFD_PEER_IGNORE()
#define clflush_cache_range(address, bytes) IOMMUFD_PEER_IGNORE(address, bytes)
#define put_device(device) IOMMUFD_PEER_IGNORE(device)

/* One thread: an exchange is a comparison and a store. */
#define try_cmpxchg64(pointer, expected, value)                               \
	({                                                                    \
		typeof(pointer) iommufd_peer_at = (pointer);                  \
		typeof(expected) iommufd_peer_was = (expected);               \
		const bool iommufd_peer_same = *iommufd_peer_at == *iommufd_peer_was; \
		if (iommufd_peer_same)                                        \
			*iommufd_peer_at = (value);                           \
		else                                                          \
			*iommufd_peer_was = *iommufd_peer_at;                 \
		iommufd_peer_same;                                            \
	})
#define try_cmpxchg_release(pointer, expected, value) try_cmpxchg64(pointer, expected, value)
#define try_cmpxchg64_release(pointer, expected, value) try_cmpxchg64(pointer, expected, value)
#define cmpxchg64(pointer, expected, value)                         \
	({                                                          \
		u64 iommufd_peer_old = (expected);                  \
		(void)try_cmpxchg64(pointer, &iommufd_peer_old, value); \
		iommufd_peer_old;                                   \
	})
#define dma_wmb() IOMMUFD_PEER_IGNORE()
#define smp_load_acquire(pointer) READ_ONCE(*(pointer))
#define smp_store_release(pointer, value) WRITE_ONCE(*(pointer), value)

#endif
