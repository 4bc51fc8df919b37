/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Devices that VFIO's structs hold and type1 never looks into. */
#ifndef LINUX_PEER_DEVICE_H
#define LINUX_PEER_DEVICE_H

#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>

struct bus_type;
struct kobject;
struct class;
struct device {
	const struct bus_type *bus;
};
struct cdev {
	int none;
};
typedef struct {
	int none;
} refcount_t;
typedef struct {
	int none;
} spinlock_t;
struct completion {
	int none;
};
struct blocking_notifier_head {
	int none;
};

static inline void put_device(struct device *device)
{
	(void)device;
}

#endif
