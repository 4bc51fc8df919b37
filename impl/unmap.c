// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Unmapping, with or without a last look at the marks (R13, R14).
 *
 * Devices that hold pins in the range are asked for them first, without the
 * lock. What was checked before may be wrong afterwards, so that everything is
 * checked again, and nothing is kept across but numbers (B6). Only when no pin
 * is left are the marks copied out, and only when that has worked do the
 * mappings go (B1).
 */
#include "private.h"

static u64 request_last(const struct unmap_request *request)
{
	return request->all ? ~(u64)0 : request->iova + request->size - 1;
}

static int unmap_check(const struct tidemark_container *container,
		       const struct unmap_request *request)
{
	u64 mask = container_page_bytes(container) - 1;
	u64 last;

	lockdep_assert_held(&container->lock);
	if (request->with_bitmap &&
	    (!container->tracking || request->pgsize != container_page_bytes(container)))
		return -EINVAL;
	if (request->all)
		return request->iova || request->size ? -EINVAL : 0;
	if (!request->size || (request->iova | request->size) & mask ||
	    check_add_overflow(request->iova, request->size - 1, &last))
		return -EINVAL;
	if (container->v2 && tidemark_mappings_cut(&container->mappings, request->iova, last))
		return -EINVAL;
	return 0;
}

/*
 * The lowest mapping that is to go and ends at @from or above. In a v1 container
 * a range that begins inside a mapping names none at all.
 */
static struct mapping *first_target(const struct tidemark_container *container,
				    const struct unmap_request *request, u64 from)
{
	struct mapping *mapping;

	mapping = tidemark_mappings_find(&container->mappings, from, request_last(request));
	if (mapping && mapping->first < request->iova)
		return NULL;
	return mapping;
}

/* The lowest one that holds pins and begins at @from or above. */
static struct mapping *first_pinned(const struct tidemark_container *container,
				    const struct unmap_request *request, u64 from)
{
	struct mapping *mapping = first_target(container, request, from);

	while (mapping && (mapping->first < from || !mapping->nr_pins))
		mapping = tidemark_mappings_next(mapping, request_last(request));
	return mapping;
}

/* Notify for @mapping and for each pinned one above it. 0 or -EINVAL. */
static int unmap_pass(struct tidemark_container *container,
		      const struct unmap_request *request, struct mapping *mapping)
{
	u64 last;
	int ret;

	do {
		last = mapping->last;
		tidemark_devices_notify(container, mapping->first, last);
		ret = unmap_check(container, request);
		if (ret || last >= request_last(request))
			return ret;
		mapping = first_pinned(container, request, last + 1);
	} while (mapping);
	return 0;
}

/* Until no pin is left in the range. 0, -EINVAL, or -EBUSY (B8). */
static int take_pins_back(struct tidemark_container *container,
			  const struct unmap_request *request)
{
	struct mapping *mapping;
	unsigned int pass = 0;
	int ret;

	while ((mapping = first_pinned(container, request, request->iova))) {
		if (pass++ == TIDEMARK_UNMAP_PASSES_MAX) {
			pr_warn_ratelimited("tidemark: a driver keeps pages pinned in an unmap\n");
			return -EBUSY;
		}
		ret = unmap_pass(container, request, mapping);
		if (ret)
			return ret;
	}
	return 0;
}

/* What the user gets to see, all of it before anything is undone. 0 or -EFAULT. */
static int unmap_copy_out(struct tidemark_container *container,
			  const struct unmap_request *request)
{
	struct report report = {
		.first = request->iova,
		.last = request_last(request),
		.bitmap = request->bitmap,
	};
	struct mapping *mapping;
	u64 unmapped = 0;
	int ret;

	ret = request->with_bitmap ? tidemark_report_copy(container, &report) : 0;
	if (ret)
		return ret;

	for (mapping = first_target(container, request, request->iova); mapping;
	     mapping = tidemark_mappings_next(mapping, request_last(request)))
		unmapped += mapping_bytes(mapping);
	request->header->size = unmapped;
	return copy_to_user(u64_to_user_ptr(request->argument), request->header,
			    offsetofend(struct vfio_iommu_type1_dma_unmap, size)) ? -EFAULT : 0;
}

int tidemark_mapping_unmap(struct tidemark_container *container,
			   const struct unmap_request *request)
{
	struct mapping *mapping;
	int ret;

	mutex_lock(&container->lock);
	ret = unmap_check(container, request);
	if (!ret)
		ret = take_pins_back(container, request);
	if (!ret)
		ret = unmap_copy_out(container, request);
	if (ret)
		goto unlock;

	while ((mapping = first_target(container, request, request->iova)))
		tidemark_mapping_remove(container, mapping);
unlock:
	mutex_unlock(&container->lock);
	return ret;
}
