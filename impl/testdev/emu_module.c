// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Which devices there are: some that are emulated, and some of each kind of hardware.
 */
#include <linux/module.h>
#include <linux/platform_device.h>

#include "emu_device.h"
#include "iommu.h"

#define EMU_EMULATED 6		/* devices */
#define EMU_OF_EACH_KIND 4
#define EMU_DEVICES (EMU_EMULATED + TESTDEV_KINDS * EMU_OF_EACH_KIND)

#define EMU_EMULATED_NAME "tidemark-emulated"

DEFINE_MUTEX(emu_lock);	/* guards what emu_device.h says */
LIST_HEAD(emu_devices);
DECLARE_WAIT_QUEUE_HEAD(emu_waiters);

static struct platform_device *platform_devices[EMU_DEVICES];

static void emu_leave(void *data)
{
	struct emu_device *emu = data;

	vfio_unregister_group_dev(&emu->vdev);
	mutex_lock(&emu_lock);
	list_del(&emu->node);
	mutex_unlock(&emu_lock);
	vfio_put_device(&emu->vdev);
}

static int emu_probe(struct platform_device *device)
{
	bool hardware = !strcmp(device->name, TESTDEV_HARDWARE_NAME);
	struct emu_device *emu;
	int ret;

	/* Without our IOMMU nobody wants those that would be behind it. */
	if (hardware && !device_iommu_mapped(&device->dev))
		return -ENODEV;
	emu = vfio_alloc_device(emu_device, vdev, &device->dev,
				hardware ? &emu_hardware_ops : &emu_emulated_ops);
	if (IS_ERR(emu))
		return PTR_ERR(emu);
	emu->number = device->id;
	emu->hardware = hardware;
	xa_init(&emu->pins);

	ret = hardware ? vfio_register_group_dev(&emu->vdev) :
			 vfio_register_emulated_iommu_dev(&emu->vdev);
	if (ret) {
		vfio_put_device(&emu->vdev);
		return ret;
	}
	mutex_lock(&emu_lock);
	list_add_tail(&emu->node, &emu_devices);
	mutex_unlock(&emu_lock);
	return devm_add_action_or_reset(&device->dev, emu_leave, emu);
}

static const struct platform_device_id emu_ids[] = {
	{ EMU_EMULATED_NAME },
	{ TESTDEV_HARDWARE_NAME },
	{}
};

/* Its users get the devices' DMA, not the kernel. */
static struct platform_driver emu_driver = {
	.driver = { .name = "tidemark-emu" },
	.id_table = emu_ids,
	.probe = emu_probe,
	.driver_managed_dma = true,
};

static void devices_drop(void)
{
	unsigned int i;

	for (i = 0; i < EMU_DEVICES; i++) {
		if (!IS_ERR_OR_NULL(platform_devices[i]))
			platform_device_unregister(platform_devices[i]);
	}
}

static struct platform_device *device_make(unsigned int number)
{
	u32 kind;

	if (number < EMU_EMULATED)
		return platform_device_register_simple(EMU_EMULATED_NAME, number, NULL, 0);
	number -= EMU_EMULATED;
	kind = number / EMU_OF_EACH_KIND;
	return platform_device_register_data(NULL, TESTDEV_HARDWARE_NAME, number, &kind,
					     sizeof(kind));
}

static int devices_make(void)
{
	unsigned int i;

	for (i = 0; i < EMU_DEVICES; i++) {
		platform_devices[i] = device_make(i);
		if (IS_ERR(platform_devices[i]))
			return PTR_ERR(platform_devices[i]);
	}
	return 0;
}

static int __init emu_init(void)
{
	int ret = platform_driver_register(&emu_driver);

	if (ret)
		return ret;
	ret = devices_make();
	if (ret) {
		devices_drop();
		platform_driver_unregister(&emu_driver);
		return ret;
	}
	pr_info("tidemark_emu: devices that let user space write memory: for test guests only\n");
	return 0;
}

static void __exit emu_exit(void)
{
	devices_drop();
	platform_driver_unregister(&emu_driver);
}

module_init(emu_init);
module_exit(emu_exit);

MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("Emulated VFIO devices that user space drives, for test guests only");
