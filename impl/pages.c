// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Pages that drivers hold: which, how often, and on whose account (R3, R16).
 */
#include "pin.h"
#include "private.h"

int tidemark_pages_charge(struct tidemark_container *container, struct mapping *mapping,
			  u64 nr_pages)
{
	int ret;

	lockdep_assert_held(&container->lock);
	ret = tidemark_process_charge(&mapping->owner, nr_pages);
	if (!ret)
		container->locked_pages += nr_pages;
	return ret;
}

void tidemark_pages_uncharge(struct tidemark_container *container, struct mapping *mapping,
			     u64 nr_pages)
{
	lockdep_assert_held(&container->lock);
	tidemark_process_uncharge(&mapping->owner, nr_pages);
	container->locked_pages -= nr_pages;
}

static struct pin *pin_find(const struct mapping *mapping, u64 page)
{
	struct pin *pin = tidemark_pin_first_from(&mapping->pins, page);

	return pin && pin->page == page ? pin : NULL;
}

static void pin_insert(struct mapping *mapping, struct pin *pin)
{
	struct rb_node **link = &mapping->pins.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (pin->page < rb_entry(parent, struct pin, node)->page)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&pin->node, parent, link);
	rb_insert_color(&pin->node, &mapping->pins);
	mapping->nr_pins++;
}

u64 tidemark_pins_count(const struct mapping *mapping, u64 first, u64 last)
{
	struct pin *pin;
	u64 count = 0;

	if (!mapping->nr_pins)
		return 0;
	pin = tidemark_pin_first_from(&mapping->pins, first);
	for (; pin && pin->page <= last; pin = tidemark_pin_next(pin))
		count++;
	return count;
}

void tidemark_pins_mark(struct mapping *mapping, u64 first, u64 last)
{
	struct pin *pin;

	if (tidemark_dirty_store_shows_pins(&mapping->dirty))
		return;
	pin = tidemark_pin_first_from(&mapping->pins, first);
	/* Run by run: drivers mostly pin pages that follow each other. */
	while (pin && pin->page <= last) {
		u64 begin = pin->page, end;

		do {
			end = pin->page;
			pin = tidemark_pin_next(pin);
		} while (pin && pin->page == end + 1 && pin->page <= last);
		tidemark_dirty_store_mark(&mapping->dirty, begin, end);
	}
}

/* The last pin of a page is gone. Hardware mappings account for all pages. */
static void pin_free(struct tidemark_container *container, struct mapping *mapping,
		     struct pin *pin)
{
	rb_erase(&pin->node, &mapping->pins);
	mapping->nr_pins--;
	container->pinned_pages--;
	tidemark_process_unpin(&mapping->owner, pin->pfn, 1, mapping->prot & TIDEMARK_WRITE);
	if (!container->nr_hardware)
		tidemark_pages_uncharge(container, mapping, 1);
	if (container->tracking)
		tidemark_dirty_store_unpin(&mapping->dirty, pin->page, pin);
	else
		kfree(pin);
}

void tidemark_pins_drop(struct tidemark_container *container, struct mapping *mapping)
{
	struct pin *pin;

	lockdep_assert_held(&container->lock);
	while ((pin = tidemark_pin_first_from(&mapping->pins, 0)))
		pin_free(container, mapping, pin);
}

void tidemark_pins_visit(const struct mapping *mapping, const struct tidemark_visitor *visitor)
{
	struct pin *pin;

	for (pin = tidemark_pin_first_from(&mapping->pins, 0); pin; pin = tidemark_pin_next(pin))
		visitor->pin(visitor->context,
			     mapping->first + (pin->page << TIDEMARK_PAGE_SHIFT), pin->count);
}

/* A page that nobody holds yet. Order and errno as Linux: memory, limit, node. */
static int pin_new(struct tidemark_container *container, struct mapping *mapping,
		   u64 page, u64 *pfn)
{
	u64 vaddr = mapping->vaddr + (page << TIDEMARK_PAGE_SHIFT);
	bool write = mapping->prot & TIDEMARK_WRITE;
	struct pin *pin;
	int ret;

	ret = tidemark_process_pin(&mapping->owner, vaddr, write, pfn);
	if (ret)
		return ret;

	ret = container->nr_hardware ? 0 : tidemark_pages_charge(container, mapping, 1);
	if (ret)
		goto unpin;

	ret = -ENOMEM;
	pin = kzalloc(sizeof(*pin), GFP_KERNEL_ACCOUNT);
	if (!pin)
		goto uncharge;

	pin->page = page;
	pin->pfn = *pfn;
	pin->count = 1;
	pin_insert(mapping, pin);
	container->pinned_pages++;
	if (container->tracking && !tidemark_dirty_store_shows_pins(&mapping->dirty))
		tidemark_dirty_store_mark(&mapping->dirty, page, page);
	return 0;

uncharge:
	if (!container->nr_hardware)
		tidemark_pages_uncharge(container, mapping, 1);
unpin:
	tidemark_process_unpin(&mapping->owner, *pfn, 1, write);
	return ret;
}

static int pin_one(struct tidemark_container *container, u64 iova, int prot, u64 *pfn)
{
	struct mapping *mapping = tidemark_mappings_find(&container->mappings, iova, iova);
	struct pin *pin;

	if (!mapping)
		return -EINVAL;
	if ((mapping->prot & prot) != prot)
		return -EPERM;

	pin = pin_find(mapping, mapping_page(mapping, iova));
	if (!pin)
		return pin_new(container, mapping, mapping_page(mapping, iova), pfn);

	/* Dirty already, and stays so while it is pinned (R3). */
	pin->count++;
	*pfn = pin->pfn;
	return 0;
}

/* Return: false if @iova is not mapped. */
static bool unpin_one(struct tidemark_container *container, u64 iova)
{
	struct mapping *mapping = tidemark_mappings_find(&container->mappings, iova, iova);
	struct pin *pin;

	if (!mapping)
		return false;
	pin = pin_find(mapping, mapping_page(mapping, iova));
	if (pin && !--pin->count)
		pin_free(container, mapping, pin);
	return true;
}

/* How many of the pages from @iova on there are below 2^64. */
static int pages_below_top(u64 iova, int nr_pages)
{
	u64 below = (~iova >> TIDEMARK_PAGE_SHIFT) + 1;

	return min_t(u64, below, nr_pages);
}

int tidemark_pins_add(struct tidemark_container *container, const struct pin_request *request)
{
	int nr_below = pages_below_top(request->iova, request->nr_pages);
	int i;
	int ret = 0;

	lockdep_assert_held(&container->lock);
	for (i = 0; i < nr_below; i++) {
		ret = pin_one(container, request->iova + i * TIDEMARK_PAGE_BYTES,
			      request->prot, &request->pfns[i]);
		if (ret)
			goto unwind;
	}
	if (i == request->nr_pages)
		return i;
	ret = -EINVAL;	/* past the top nothing is mapped */

unwind:
	while (i--)
		unpin_one(container, request->iova + i * TIDEMARK_PAGE_BYTES);
	return ret;
}

int tidemark_pins_remove(struct tidemark_container *container, u64 iova, int nr_pages)
{
	int i, nr_below = pages_below_top(iova, nr_pages);

	lockdep_assert_held(&container->lock);
	for (i = 0; i < nr_below; i++) {
		if (!unpin_one(container, iova + i * TIDEMARK_PAGE_BYTES))
			break;
	}
	return i;
}
