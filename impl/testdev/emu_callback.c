// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Callbacks of unmaps, which user space can hold.
 */
#include "emu_device.h"

#include <linux/mutex.h>
#include <linux/sched.h>

/* Of all devices: a callback within a callback does not wait. */
static bool any_held;

/* Return: whether this one has to wait. */
static bool hold_begin(struct emu_device *emu, u64 iova, u64 bytes)
{
	bool holds;

	mutex_lock(&emu_lock);
	holds = emu->nr_holds && !any_held;
	if (holds) {
		emu->nr_holds--;
		emu->held = true;
		emu->let_go = false;
		emu->held_iova = iova;
		emu->held_size = bytes;
		any_held = true;
	}
	mutex_unlock(&emu_lock);
	wake_up_all(&emu_waiters);
	return holds;
}

static void hold_end(struct emu_device *emu)
{
	mutex_lock(&emu_lock);
	emu->held = false;
	any_held = false;
	mutex_unlock(&emu_lock);
}

void emu_callback_run(struct vfio_device *vdev, u64 iova, u64 bytes)
{
	struct emu_device *emu = container_of(vdev, struct emu_device, vdev);
	bool enrolled, keeps;

	mutex_lock(&emu_lock);
	enrolled = emu->enrolled;
	keeps = emu->keeps;
	mutex_unlock(&emu_lock);
	if (!enrolled)
		return;

	if (!keeps)
		emu_pins_give_back(emu, iova, iova + bytes - 1, true);
	if (!hold_begin(emu, iova, bytes))
		return;
	/* Whoever is killed goes on, whatever it leaves behind. */
	wait_event_killable(emu_waiters, READ_ONCE(emu->let_go));
	hold_end(emu);
}

long emu_callback_enroll(struct emu_device *emu, bool enrolled, bool keeps)
{
	long ret = 0;

	mutex_lock(&emu_lock);
	if (!enrolled && emu->held) {
		ret = -EBUSY;
	} else {
		emu->enrolled = enrolled;
		emu->keeps = keeps;
	}
	mutex_unlock(&emu_lock);
	return ret;
}

void emu_callback_hold(struct emu_device *emu, u32 nr_callbacks)
{
	mutex_lock(&emu_lock);
	emu->nr_holds = nr_callbacks;
	mutex_unlock(&emu_lock);
}

long emu_callback_wait(struct emu_device *emu, struct tidemark_emu_callback *callback)
{
	long left = msecs_to_jiffies(callback->timeout_ms);

	left = wait_event_interruptible_timeout(emu_waiters, READ_ONCE(emu->held) &&
						!READ_ONCE(emu->let_go), left);
	if (left <= 0)
		return left ? left : -ETIMEDOUT;
	mutex_lock(&emu_lock);
	callback->iova = emu->held_iova;
	callback->size = emu->held_size;
	mutex_unlock(&emu_lock);
	return 0;
}

long emu_callback_go(struct emu_device *emu)
{
	bool held;

	mutex_lock(&emu_lock);
	held = emu->held && !emu->let_go;
	emu->let_go |= held;
	mutex_unlock(&emu_lock);
	wake_up_all(&emu_waiters);
	return held ? 0 : -EINVAL;
}
