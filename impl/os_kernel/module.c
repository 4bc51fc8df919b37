// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What makes the tracker's files a module.
 */
#include <linux/module.h>

MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("Dirty-page tracker for VFIO live migration");
