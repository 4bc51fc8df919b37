// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the devices hold, and what they write there.
 */
#include "emu_device.h"

#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "iommu.h"

/**
 * struct emu_pin - a page that a device holds
 * @page: which
 * @count: how often
 * @writable: pinned to be written, at least once
 */
struct emu_pin {
	struct page *page;
	u64 count;
	bool writable;
};

static int pin_remember(struct emu_device *emu, u64 number, struct page *page, bool writable)
{
	struct emu_pin *pin = xa_load(&emu->pins, number);

	lockdep_assert_held(&emu_lock);
	if (!pin) {
		pin = kzalloc(sizeof(*pin), GFP_KERNEL);
		if (!pin)
			return -ENOMEM;
		if (xa_is_err(xa_store(&emu->pins, number, pin, GFP_KERNEL))) {
			kfree(pin);
			return -ENOMEM;
		}
	}
	pin->page = page;
	pin->count++;
	pin->writable |= writable;
	return 0;
}

/* One pin less. False if it holds none of this page. */
static bool pin_forget(struct emu_device *emu, u64 number)
{
	struct emu_pin *pin = xa_load(&emu->pins, number);

	lockdep_assert_held(&emu_lock);
	if (!pin)
		return false;
	if (!--pin->count) {
		xa_erase(&emu->pins, number);
		kfree(pin);
	}
	return true;
}

long emu_pins_add(struct emu_device *emu, const struct tidemark_emu_pages *pages)
{
	int prot = (pages->flags & TIDEMARK_EMU_READ ? IOMMU_READ : 0) |
		   (pages->flags & TIDEMARK_EMU_WRITE ? IOMMU_WRITE : 0);
	struct page **list = kcalloc(VFIO_PIN_PAGES_MAX_ENTRIES, sizeof(*list), GFP_KERNEL);
	u64 first = pages->iova >> PAGE_SHIFT;
	int ret, i;

	if (!list)
		return -ENOMEM;
	ret = vfio_pin_pages(&emu->vdev, pages->iova, pages->nr_pages, prot, list);
	mutex_lock(&emu_lock);
	emu->pinned |= ret > 0;
	for (i = 0; i < ret; i++)
		WARN_ON(pin_remember(emu, first + i, list[i], prot & IOMMU_WRITE));
	mutex_unlock(&emu_lock);
	kfree(list);
	return ret;
}

void emu_pins_remove(struct emu_device *emu, const struct tidemark_emu_pages *pages)
{
	u64 first = pages->iova >> PAGE_SHIFT;
	struct emu_device *other;
	int i;

	if (pages->nr_pages <= 0 || pages->nr_pages > VFIO_PIN_PAGES_MAX_ENTRIES)
		return;
	vfio_unpin_pages(&emu->vdev, pages->iova, pages->nr_pages);

	mutex_lock(&emu_lock);
	for (i = 0; i < pages->nr_pages; i++) {
		if (pin_forget(emu, first + i))
			continue;
		list_for_each_entry(other, &emu_devices, node) {
			if (pin_forget(other, first + i))
				break;
		}
	}
	mutex_unlock(&emu_lock);
}

static void page_write(struct page *page, unsigned int offset, unsigned int bytes)
{
	static u8 value;
	void *at = kmap_local_page(page);

	memset(at + offset, ++value, bytes);
	kunmap_local(at);
}

/* The lowest page from @number on that it holds once less now. */
static bool pin_take(struct emu_device *emu, u64 last, unsigned long *number, bool writes)
{
	struct emu_pin *pin;

	mutex_lock(&emu_lock);
	pin = xa_find(&emu->pins, number, last, XA_PRESENT);
	if (pin) {
		if (writes && pin->writable)
			page_write(pin->page, 8 * emu->number, 8);
		pin_forget(emu, *number);
	}
	mutex_unlock(&emu_lock);
	return pin;
}

void emu_pins_give_back(struct emu_device *emu, u64 first, u64 last, bool writes)
{
	unsigned long number = first >> PAGE_SHIFT;

	while (pin_take(emu, last >> PAGE_SHIFT, &number, writes))
		vfio_unpin_pages(&emu->vdev, (dma_addr_t)number << PAGE_SHIFT, 1);
}

/* Where the machine's own IOMMU is in use ours is not loaded, and no device is behind it. */
static struct page *page_behind_iommu(struct device *device, u64 iova)
{
	struct page *(*look_up)(struct device *of, u64 at) = symbol_get(testdev_iommu_page);
	struct page *page;

	if (!look_up)
		return NULL;
	page = look_up(device, iova);
	symbol_put(testdev_iommu_page);
	return page;
}

/* The page of @iova, if the device may write it. */
static struct page *page_to_write(struct emu_device *emu, u64 iova, bool by_group)
{
	struct emu_pin *pin;

	lockdep_assert_held(&emu_lock);
	if (by_group)
		return page_behind_iommu(emu->vdev.dev, iova);
	pin = xa_load(&emu->pins, iova >> PAGE_SHIFT);
	return pin && pin->writable ? pin->page : NULL;
}

void emu_pins_write(struct emu_device *emu, const struct tidemark_emu_transfer *write)
{
	bool by_group = write->flags & TIDEMARK_EMU_GROUP;
	u64 iova = write->iova, left = write->size;

	mutex_lock(&emu_lock);
	if (by_group && (!emu->hardware || emu->pinned))
		left = 0;
	while (left) {
		unsigned int offset = offset_in_page(iova);
		u64 part = min_t(u64, left, PAGE_SIZE - offset);
		struct page *page = page_to_write(emu, iova, by_group);

		if (page)
			page_write(page, offset, min_t(u64, part, 64));
		iova += part;
		left -= part;
	}
	mutex_unlock(&emu_lock);
}
