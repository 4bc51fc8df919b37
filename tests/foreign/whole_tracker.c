// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The tracker of impl/ behind <tidemark/subject.h>, with nearly all that the interface has:
 * what goes through it has to do as what is linked in.
 */
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <tidemark/subject.h>

#include "os_machine.h"
#include "tidemark.h"

#define MOST_MEMORIES 512 /* more than a program makes */

struct library;

struct device {
	struct tidemark_device device; /* first, so that the callback's pointer is ours */
	struct library *library;
	unsigned int number;
};

struct group {
	struct library *library;
	unsigned int number;
};

struct library {
	struct os_machine machine;
	const struct tidemark_subject_world *world;
	struct tidemark_container *container;
	struct device devices[TIDEMARK_SUBJECT_MOST_DEVICES];
	struct group groups[TIDEMARK_SUBJECT_MOST_GROUPS];
	/* By memory. Of those that have called, the task is known. */
	struct {
		bool known;
		__u64 task;
		struct os_process process;
	} memories[MOST_MEMORIES];
	__u64 nr_memories;
};

/* A call begins, or goes on after a callback. */
static struct library *enter(void *container)
{
	struct library *l = container;
	const struct tidemark_subject_world *world = l->world;
	struct tidemark_subject_caller caller;

	os_current = &l->machine;
	world->caller(world->context, &caller);
	if (!caller.kernel_thread) {
		if (caller.memory >= MOST_MEMORIES)
			abort();
		l->memories[caller.memory].known = true;
		l->memories[caller.memory].task = caller.task;
		l->memories[caller.memory].process.ipc_lock = caller.ipc_lock;
		if (caller.memory >= l->nr_memories)
			l->nr_memories = caller.memory + 1;
	}
	l->machine.process = caller.kernel_thread ? NULL : &l->memories[caller.memory].process;
	for (__u64 i = 0; i < l->nr_memories; ++i) {
		struct os_process *process = &l->memories[i].process;

		if (!l->memories[i].known)
			continue;
		process->gone = world->memory_gone(world->context, i);
		process->locked_limit_pages = world->limit_pages(world->context, l->memories[i].task);
		process->own_locked_pages = world->own_pages(world->context, i);
	}
	return l;
}

static void dma_unmap(struct tidemark_device *device, __u64 iova, __u64 bytes)
{
	const struct device *d = (struct device *)device;

	d->library->world->dma_unmap(d->library->world->context, d->number, iova, bytes);
	enter(d->library);
}

static void *create(const struct tidemark_subject_world *world,
		    const struct tidemark_subject_config *config)
{
	const struct tidemark_config own = {
		.type = config->type,
		.range_rule = config->range_rule == 0	? TIDEMARK_RANGE_EXACT
			      : config->range_rule == 1 ? TIDEMARK_RANGE_WHOLE
							: TIDEMARK_RANGE_ANY,
		.dma_entry_limit = config->dma_entry_limit,
	};
	struct library *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->world = world;
	l->machine.context = world->context;
	l->machine.copy_from_user = world->copy_from_user;
	l->machine.copy_to_user = world->copy_to_user;
	l->machine.access_ok = world->access_ok;
	l->machine.pin = world->pin;
	l->machine.unpin = world->unpin;
	for (unsigned int i = 0; i < TIDEMARK_SUBJECT_MOST_DEVICES; ++i) {
		l->devices[i].device.dma_unmap = dma_unmap;
		l->devices[i].library = l;
		l->devices[i].number = i;
	}
	for (unsigned int i = 0; i < TIDEMARK_SUBJECT_MOST_GROUPS; ++i) {
		l->groups[i].library = l;
		l->groups[i].number = i;
	}
	enter(l);
	if (tidemark_container_create(&own, &l->container)) {
		free(l);
		return NULL;
	}
	return l;
}

static void release(void *container)
{
	struct library *l = enter(container);

	tidemark_container_destroy(l->container);
	l->world->left(l->world->context, "allocations", l->machine.nr_allocations);
	l->world->left(l->world->context, "process references", l->machine.nr_processes);
	l->world->left(l->world->context, "locked pages", l->machine.locked_pages);
	free(l);
}

static __s64 ioctl(void *container, unsigned int command, __u64 argument)
{
	return tidemark_container_ioctl(enter(container)->container, command, argument);
}

static int iommu_map(void *group, __u64 iova, __u64 pfn, __u64 nr_pages, int rights)
{
	const struct group *g = group;
	const struct tidemark_subject_world *world = g->library->world;

	return world->iommu_map(world->context, g->number, iova, pfn, nr_pages, rights);
}

static void iommu_unmap(void *group, __u64 iova, __u64 nr_pages)
{
	const struct group *g = group;
	const struct tidemark_subject_world *world = g->library->world;

	world->iommu_unmap(world->context, g->number, iova, nr_pages);
}

static __u64 iommu_lookup(void *group, __u64 iova, __u64 nr_pages, __u64 *pfn)
{
	const struct group *g = group;
	const struct tidemark_subject_world *world = g->library->world;

	return world->iommu_lookup(world->context, g->number, iova, nr_pages, pfn);
}

static int attach(void *container, unsigned int group,
		  const struct tidemark_subject_hardware *hardware)
{
	static const struct tidemark_iommu_ops ops = { iommu_map, iommu_unmap, iommu_lookup };
	struct library *l = enter(container);
	struct tidemark_iova_range reserved[2];
	struct tidemark_group_info info = {};

	if (hardware) {
		info.flags = TIDEMARK_GROUP_HARDWARE;
		info.flags |= hardware->cache_coherent ? TIDEMARK_GROUP_CACHE_COHERENT : 0;
		info.pgsizes = hardware->pgsizes;
		info.aperture.first = hardware->aperture_first;
		info.aperture.last = hardware->aperture_last;
		info.nr_reserved = hardware->nr_reserved;
		for (unsigned int i = 0; i < hardware->nr_reserved; ++i) {
			reserved[i].first = hardware->reserved[i].first;
			reserved[i].last = hardware->reserved[i].last;
		}
		info.reserved = reserved;
		info.iommu = &ops;
		info.domain = &l->groups[group];
	}
	return tidemark_group_attach(l->container, &l->groups[group], &info);
}

static void detach(void *container, unsigned int group)
{
	struct library *l = enter(container);

	tidemark_group_detach(l->container, &l->groups[group]);
}

static void enroll(void *container, unsigned int device)
{
	struct library *l = enter(container);

	tidemark_device_register(l->container, &l->devices[device].device);
}

static void withdraw(void *container, unsigned int device)
{
	struct library *l = enter(container);

	tidemark_device_unregister(l->container, &l->devices[device].device);
}

static int pin(void *container, unsigned int group, __u64 iova, int nr_pages, int rights,
	       __u64 *pfns)
{
	struct library *l = enter(container);

	return tidemark_pages_pin(l->container, &l->groups[group], iova, nr_pages, rights, pfns);
}

static void unpin(void *container, __u64 iova, int nr_pages)
{
	tidemark_pages_unpin(enter(container)->container, iova, nr_pages);
}

static int rw(void *container, __u64 iova, void *data, size_t bytes, bool write)
{
	struct tidemark_container *c = enter(container)->container;

	return write ? tidemark_memory_write(c, iova, data, bytes)
		     : tidemark_memory_read(c, iova, data, bytes);
}

static void sizes(void *container, struct tidemark_subject_sizes *sizes)
{
	struct tidemark_stats stats;

	tidemark_container_stats(enter(container)->container, &stats);
	sizes->pgsizes = stats.pgsizes;
	sizes->pinned_pages = stats.pinned_pages;
	sizes->mappings = stats.nr_mappings;
	sizes->dma_avail = stats.dma_avail;
	sizes->tracking = stats.tracking;
}

static __u64 locked_pages(void *container, __u64 memory)
{
	const struct library *l = container;

	return memory < MOST_MEMORIES ? l->memories[memory].process.locked_pages : 0;
}

static void visit(void *container, const struct tidemark_subject_visitor *visitor)
{
	const struct tidemark_visitor own = {
		visitor->context, visitor->mapping, visitor->pin, visitor->marks
	};

	tidemark_container_visit(enter(container)->container, &own);
}

const struct tidemark_subject tidemark_subject_functions = {
	.abi = TIDEMARK_SUBJECT_ABI,
	.bytes = sizeof(struct tidemark_subject),
	.features = TIDEMARK_SUBJECT_HARDWARE_GROUPS | TIDEMARK_SUBJECT_PINS |
		    TIDEMARK_SUBJECT_RW | TIDEMARK_SUBJECT_DEVICES | TIDEMARK_SUBJECT_GET_INFO |
		    TIDEMARK_SUBJECT_PROCESSES | TIDEMARK_SUBJECT_LOCKED_LIMITS |
		    TIDEMARK_SUBJECT_RANGE_RULES | TIDEMARK_SUBJECT_VERSION_1 |
		    TIDEMARK_SUBJECT_STATE | TIDEMARK_SUBJECT_LEFTOVERS,
	.create = create,
	.release = release,
	.ioctl = ioctl,
	.attach = attach,
	.detach = detach,
	.enroll = enroll,
	.withdraw = withdraw,
	.pin = pin,
	.unpin = unpin,
	.rw = rw,
	.sizes = sizes,
	.locked_pages = locked_pages,
	.visit = visit,
};
