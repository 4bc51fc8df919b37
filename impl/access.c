// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Drivers reach a mapping's memory: they hold pages of it (R3, R9), or read and
 * write it themselves (R4).
 */
#include "private.h"

int tidemark_pages_pin(struct tidemark_container *container, const void *id,
		       __u64 iova, int nr_pages, int prot, __u64 *pfns)
{
	struct pin_request request = { .iova = iova, .nr_pages = nr_pages, .prot = prot };
	struct group *group;
	int ret = -EINVAL;

	if (nr_pages <= 0)
		return -EINVAL;	/* B9 */
	if (nr_pages > TIDEMARK_PIN_PAGES_MAX)
		return -E2BIG;
	if (!container->v2)
		return -EACCES;

	request.pfns = pfns;
	mutex_lock(&container->lock);
	group = tidemark_group_find(container, id);
	if (group && container->devices)
		ret = tidemark_pins_add(container, &request);
	if (ret > 0)
		tidemark_group_promote(container, group);
	mutex_unlock(&container->lock);
	return ret;
}

void tidemark_pages_unpin(struct tidemark_container *container, __u64 iova, int nr_pages)
{
	int nr_done;

	if (nr_pages <= 0 || nr_pages > TIDEMARK_PIN_PAGES_MAX || !container->v2) {
		pr_warn_ratelimited("tidemark: unpin of %d pages refused\n", nr_pages);
		return;
	}

	mutex_lock(&container->lock);
	nr_done = tidemark_pins_remove(container, iova, nr_pages);
	mutex_unlock(&container->lock);

	if (nr_done != nr_pages)
		pr_warn_ratelimited("tidemark: unpin ran into pages that are not mapped\n");
}

/**
 * struct transfer - what is left of a read or write
 * @iova: the first byte
 * @data: the driver's buffer; only read from if @write
 * @bytes: how many
 * @write: to the mapping's memory, not from it
 */
struct transfer {
	u64 iova;
	char *data;
	size_t bytes;
	bool write;
};

static int rights_check(const struct mapping *mapping, bool write)
{
	int needed = TIDEMARK_READ | (write ? TIDEMARK_WRITE : 0);

	return (mapping->prot & needed) == needed ? 0 : -EPERM;
}

static int transfer_copy(struct mapping *mapping, const struct transfer *transfer, size_t bytes)
{
	u64 vaddr = mapping->vaddr + (transfer->iova - mapping->first);
	unsigned long left;

	if (transfer->write)
		left = copy_to_user(u64_to_user_ptr(vaddr), transfer->data, bytes);
	else
		left = copy_from_user(transfer->data, u64_to_user_ptr(vaddr), bytes);
	return left ? -EFAULT : 0;
}

/* The part of a transfer that lies in @mapping, whose owner has been entered. */
static int transfer_within(struct tidemark_container *container, struct mapping *mapping,
			   struct transfer *transfer)
{
	size_t bytes;
	u64 last;
	int ret;

	/* A transfer may run past 2^64, but no mapping does. */
	if (check_add_overflow(transfer->iova, (u64)transfer->bytes - 1, &last))
		last = mapping->last;
	last = min(last, mapping->last);
	bytes = last - transfer->iova + 1;

	/* Before the write: it may stop midway (B3). */
	if (transfer->write && container->tracking)
		tidemark_dirty_store_mark(&mapping->dirty, mapping_page(mapping, transfer->iova),
					  mapping_page(mapping, last));
	ret = transfer_copy(mapping, transfer, bytes);
	if (ret)
		return ret;

	transfer->iova += bytes;
	transfer->data += bytes;
	transfer->bytes -= bytes;
	/* Past the top nothing is mapped, and nothing wraps to 0. */
	return transfer->bytes && !transfer->iova ? -EINVAL : 0;
}

/* The next part of a transfer, up to the end of its mapping. */
static int transfer_part(struct tidemark_container *container, struct transfer *transfer)
{
	struct mapping *mapping;
	int ret;

	lockdep_assert_held(&container->lock);
	mapping = tidemark_mappings_find(&container->mappings, transfer->iova, transfer->iova);
	if (!mapping)
		return -EINVAL;
	ret = rights_check(mapping, transfer->write);
	if (ret)
		return ret;
	ret = tidemark_process_enter(&mapping->owner);
	if (ret)
		return ret;

	ret = transfer_within(container, mapping, transfer);
	tidemark_process_leave(&mapping->owner);
	return ret;
}

static int transfer_all(struct tidemark_container *container, struct transfer *transfer)
{
	int ret = transfer->bytes ? 0 : -EINVAL;

	mutex_lock(&container->lock);
	while (!ret && transfer->bytes)
		ret = transfer_part(container, transfer);
	mutex_unlock(&container->lock);
	return ret;
}

int tidemark_memory_write(struct tidemark_container *container, __u64 iova,
			  const void *data, size_t bytes)
{
	struct transfer transfer = {
		.iova = iova,
		.data = (char *)(uintptr_t)data,
		.bytes = bytes,
		.write = true,
	};

	return transfer_all(container, &transfer);
}

int tidemark_memory_read(struct tidemark_container *container, __u64 iova,
			 void *data, size_t bytes)
{
	struct transfer transfer = { .iova = iova, .data = data, .bytes = bytes };

	return transfer_all(container, &transfer);
}
