/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The emulated devices, and what their files offer each other.
 */
#ifndef TIDEMARK_EMU_DEVICE_H
#define TIDEMARK_EMU_DEVICE_H

#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/vfio.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "emu_ioctl.h"

#define EMU_TRANSFER_MAX 1048576	/* bytes of RW and DMA */

/**
 * struct emu_device - a device, and the driver that user space is
 * @vdev: as VFIO knows it; has to come first
 * @node: in the list of all devices
 * @number: of those with the same name
 * @hardware: behind our IOMMU; constant
 * @pinned: some page was, since the file was opened
 * @enrolled: answers callbacks
 * @keeps: but gives nothing back in them
 * @pins: struct emu_pin by page number
 * @nr_holds: so many of the next callbacks wait
 * @held: one does
 * @let_go: that may go on
 * @held_iova: what that is about
 * @held_size: bytes
 *
 * emu_lock guards all that is not constant; it is not held around calls into VFIO,
 * which call back.
 */
struct emu_device {
	struct vfio_device vdev;
	struct list_head node;
	unsigned int number;
	bool hardware;
	bool pinned;
	bool enrolled;
	bool keeps;
	struct xarray pins;
	u32 nr_holds;
	bool held;
	bool let_go;
	u64 held_iova;
	u64 held_size;
};

extern struct mutex emu_lock;
extern struct list_head emu_devices;
extern struct wait_queue_head emu_waiters;

/* emu_pins.c */

/**
 * emu_pins_add - pin pages and remember them
 * @emu: for which device
 * @pages: what the user said
 *
 * Return: how many, or what VFIO says; -ENOMEM.
 */
long emu_pins_add(struct emu_device *emu, const struct tidemark_emu_pages *pages);

/**
 * emu_pins_remove - give one pin of each page back, whoever holds it
 * @emu: by which device
 * @pages: what the user said; a number of which VFIO would warn does nothing
 */
void emu_pins_remove(struct emu_device *emu, const struct tidemark_emu_pages *pages);

/**
 * emu_pins_give_back - give back all that a device holds in a range
 * @emu: which device
 * @first: the first byte
 * @last: the last byte
 * @writes: writes to each page once more before it goes
 */
void emu_pins_give_back(struct emu_device *emu, u64 first, u64 last, bool writes);

/**
 * emu_pins_write - write the first bytes of each page of a range that may be written
 * @emu: as which device
 * @write: what the user said
 */
void emu_pins_write(struct emu_device *emu, const struct tidemark_emu_transfer *write);

/* emu_callback.c */

/**
 * emu_callback_run - what the device does when memory goes away
 * @vdev: which device
 * @iova: the first byte
 * @bytes: how many
 */
void emu_callback_run(struct vfio_device *vdev, u64 iova, u64 bytes);

/**
 * emu_callback_enroll - answer callbacks, or no longer
 * @emu: which device
 * @enrolled: that
 * @keeps: but gives nothing back
 *
 * Return: 0, or -EBUSY if it is to stop from inside one.
 */
long emu_callback_enroll(struct emu_device *emu, bool enrolled, bool keeps);

/**
 * emu_callback_hold - make the next callbacks wait
 * @emu: which device
 * @nr_callbacks: how many
 */
void emu_callback_hold(struct emu_device *emu, u32 nr_callbacks);

/**
 * emu_callback_wait - wait until one is held
 * @emu: which device
 * @callback: how long; its range is filled in
 *
 * Return: 0, -ETIMEDOUT, -ERESTARTSYS.
 */
long emu_callback_wait(struct emu_device *emu, struct tidemark_emu_callback *callback);

/**
 * emu_callback_go - let the one that is held go on
 * @emu: which device
 *
 * Return: 0, or -EINVAL without one.
 */
long emu_callback_go(struct emu_device *emu);

/* emu_device.c */

extern const struct vfio_device_ops emu_emulated_ops;
extern const struct vfio_device_ops emu_hardware_ops;

#endif
