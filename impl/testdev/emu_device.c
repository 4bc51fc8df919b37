// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The devices' ioctls: docs/emulated-device.md.
 */
#include "emu_device.h"

#include <linux/mm.h>
#include <linux/uaccess.h>

#include "testdev_versions.h"

static struct emu_device *emu_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct emu_device, vdev);
}

/* Copy a struct that begins with argsz and flags. 0 or -errno. */
static long argument_get(void *to, size_t bytes, unsigned long argument, u32 flags)
{
	const u32 *head = to;

	if (copy_from_user(to, (void __user *)argument, bytes))
		return -EFAULT;
	return head[0] < bytes || head[1] & ~flags ? -EINVAL : 0;
}

static long ioctl_pages(struct emu_device *emu, unsigned int command, unsigned long argument)
{
	bool pin = command == TIDEMARK_EMU_PIN;
	struct tidemark_emu_pages pages;
	long ret = argument_get(&pages, sizeof(pages), argument,
				pin ? TIDEMARK_EMU_READ | TIDEMARK_EMU_WRITE : 0);

	if (ret)
		return ret;
	if (pin)
		return emu_pins_add(emu, &pages);
	emu_pins_remove(emu, &pages);
	return 0;
}

static long transfer(struct emu_device *emu, const struct tidemark_emu_transfer *rw)
{
	bool write = rw->flags & TIDEMARK_EMU_WRITE;
	void __user *user = u64_to_user_ptr(rw->data);
	void *data = kvzalloc(max_t(size_t, rw->size, 1), GFP_KERNEL);
	long ret = -EFAULT;

	if (!data)
		return -ENOMEM;
	if (write && copy_from_user(data, user, rw->size))
		goto free;
	ret = vfio_dma_rw(&emu->vdev, rw->iova, data, rw->size, write);
	if (!ret && !write && copy_to_user(user, data, rw->size))
		ret = -EFAULT;
free:
	kvfree(data);
	return ret;
}

static long ioctl_transfer(struct emu_device *emu, unsigned int command, unsigned long argument)
{
	bool dma = command == TIDEMARK_EMU_DMA;
	struct tidemark_emu_transfer rw;
	long ret = argument_get(&rw, sizeof(rw), argument,
				dma ? TIDEMARK_EMU_GROUP : TIDEMARK_EMU_WRITE);

	if (ret)
		return ret;
	if (rw.size > EMU_TRANSFER_MAX)
		return -E2BIG;
	if (!dma)
		return transfer(emu, &rw);
	emu_pins_write(emu, &rw);
	return 0;
}

static long ioctl_callback(struct emu_device *emu, unsigned int command, unsigned long argument)
{
	struct tidemark_emu_callback callback;
	long ret = argument_get(&callback, sizeof(callback), argument,
				command == TIDEMARK_EMU_ENROLL ? TIDEMARK_EMU_KEEP : 0);

	if (ret)
		return ret;
	switch (command) {
	case TIDEMARK_EMU_ENROLL:
		return emu_callback_enroll(emu, true, callback.flags & TIDEMARK_EMU_KEEP);
	case TIDEMARK_EMU_HOLD:
		emu_callback_hold(emu, callback.nr_callbacks);
		return 0;
	default:
		ret = emu_callback_wait(emu, &callback);
		if (!ret && copy_to_user((void __user *)argument, &callback, sizeof(callback)))
			ret = -EFAULT;
		return ret;
	}
}

static long emu_ioctl(struct vfio_device *vdev, unsigned int command, unsigned long argument)
{
	struct emu_device *emu = emu_of(vdev);

	switch (command) {
	case TIDEMARK_EMU_PIN:
	case TIDEMARK_EMU_UNPIN:
		return ioctl_pages(emu, command, argument);
	case TIDEMARK_EMU_RW:
	case TIDEMARK_EMU_DMA:
		return ioctl_transfer(emu, command, argument);
	case TIDEMARK_EMU_ENROLL:
	case TIDEMARK_EMU_HOLD:
	case TIDEMARK_EMU_WAIT:
		return ioctl_callback(emu, command, argument);
	case TIDEMARK_EMU_WITHDRAW:
		return emu_callback_enroll(emu, false, false);
	case TIDEMARK_EMU_GO:
		return emu_callback_go(emu);
	default:
		return -ENOTTY;
	}
}

static int emu_open(struct vfio_device *vdev)
{
	struct emu_device *emu = emu_of(vdev);

	mutex_lock(&emu_lock);
	emu->pinned = false;
	mutex_unlock(&emu_lock);
	return 0;
}

/* Nothing of it stays: neither pins nor a callback that waits. */
static void emu_close(struct vfio_device *vdev)
{
	struct emu_device *emu = emu_of(vdev);

	emu_callback_hold(emu, 0);
	emu_callback_go(emu);
	mutex_lock(&emu_lock);
	emu->enrolled = false;
	mutex_unlock(&emu_lock);
	emu_pins_give_back(emu, 0, U64_MAX, false);
}

#define EMU_OPS(kind)				\
	.open_device = emu_open,		\
	.close_device = emu_close,		\
	.ioctl = emu_ioctl,			\
	.dma_unmap = emu_callback_run,		\
	TESTDEV_VFIO_OPS(kind)

const struct vfio_device_ops emu_emulated_ops = {
	.name = "tidemark-emulated",
	EMU_OPS(emulated),
};

const struct vfio_device_ops emu_hardware_ops = {
	.name = "tidemark-hardware",
	EMU_OPS(physical),
};
