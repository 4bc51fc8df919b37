/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A kernel as its own parts see it: what stands behind the stand-ins. */
#ifndef PEERS_LINUX_INSIDE_H
#define PEERS_LINUX_INSIDE_H

#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/vfio.h>

#include "linux_kernel.h"

struct vfio_iommu;

struct linux_peer_device {
	struct vfio_device device; /* first, so that the callback's pointer is ours */
	unsigned int number;
};

/* The one page that is not the user's: far below all of them. */
#define LINUX_PEER_OWN_PFN (1ul << 16)

struct linux_container {
	struct linux_circumstances circumstances; /* first, for linux_peer_now() */
	const struct linux_world *world;
	struct list_head mms, tasks; /* those that have called */
	struct task_struct kernel_thread;
	struct list_head allocations;
	__u64 nr_allocations;
	__u64 uncharged_bytes;
	bool no_failures; /* all allocations succeed, whatever the world says */
	bool pins_write;  /* what the last pin was for */
	struct iommu_group groups[LINUX_GROUPS];
	struct linux_peer_device devices[LINUX_DEVICES];
	struct vfio_iommu *iommu; /* null before open() and after release() */
	struct {
		bool careful;
		bool with_bitmap; /* the UNMAP_DMA that runs asks for a bitmap */
		const void *dma;  /* the mapping whose devices are called; null once it is freed */
		unsigned long sizes; /* of pages, before the call that runs */
		__u64 nr_pinned;  /* pages, by the call that runs */
		__u64 most_pages; /* that one may pin */
	} foresight;
};

/* iommu.c: what @domain maps, ascending. */
void linux_peer_visit_domain(const struct iommu_domain *domain, void *context,
			     void (*range)(void *context, __u64 iova, __u64 pfn, __u64 nr_pages,
					   int prot));

/* kernel.c: a call begins, or goes on after a callback. */
void linux_peer_enter(struct linux_container *container);

/* The memory of this number. */
struct mm_struct *linux_peer_mm(__u64 number);

void linux_peer_free_processes(void);

/* Frees every allocation that is left. */
void linux_peer_free_all(void);

/* The driver that registered itself. */
struct vfio_iommu_driver_ops;
extern const struct vfio_iommu_driver_ops *linux_peer_driver;

#endif
