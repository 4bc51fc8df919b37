// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Drivers that want to know when their pages go. One lock orders everything:
 * no second one is held while a callback runs, so that there is none to take in
 * the wrong order (B7).
 */
#include "private.h"

void tidemark_device_register(struct tidemark_container *container,
			      struct tidemark_device *device)
{
	mutex_lock(&container->lock);
	device->serial = ++container->next_serial;
	device->nr_callers = 0;
	device->leaving = NULL;
	device->next = container->devices;
	container->devices = device;
	mutex_unlock(&container->lock);
}

void tidemark_device_unregister(struct tidemark_container *container,
				struct tidemark_device *device)
{
	struct tidemark_device **link = &container->devices;
	DECLARE_COMPLETION_ONSTACK(idle);
	bool known, busy = false;

	mutex_lock(&container->lock);
	while (*link && *link != device)
		link = &(*link)->next;
	known = *link;
	if (known) {
		*link = device->next;
		busy = device->nr_callers;
	}
	if (busy)
		device->leaving = &idle;
	mutex_unlock(&container->lock);

	if (!known)
		pr_warn_ratelimited("tidemark: a device leaves that is not registered\n");
	if (busy)
		wait_for_completion(&idle);
}

/* The newest device that is older than @serial, or NULL. */
static struct tidemark_device *device_older(struct tidemark_container *container, u64 serial)
{
	struct tidemark_device *device = container->devices;

	while (device && device->serial >= serial)
		device = device->next;
	return device;
}

void tidemark_devices_notify(struct tidemark_container *container, u64 first, u64 last)
{
	u64 serial = container->next_serial + 1;
	struct tidemark_device *device;

	lockdep_assert_held(&container->lock);
	while ((device = device_older(container, serial))) {
		serial = device->serial;
		device->nr_callers++;
		mutex_unlock(&container->lock);

		device->dma_unmap(device, first, last - first + 1);

		mutex_lock(&container->lock);
		if (!--device->nr_callers && device->leaving)
			complete(device->leaving);
	}
}
