// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The module, and its parameters. All of them are for containers that are made after
 * they were set, and only root sets them.
 */
#include <linux/module.h>
#include <linux/string.h>
#include <linux/vfio.h>

#include "vfio_driver.h"

static struct tidemark_config config = {
	.range_rule = TIDEMARK_RANGE_WHOLE,
	.dma_entry_limit = U16_MAX,
	.store = TIDEMARK_STORE_BITMAP,
};

module_param_named(dma_entry_limit, config.dma_entry_limit, uint, 0644);
MODULE_PARM_DESC(dma_entry_limit, "Mappings in a container (65535)");

static const char *const rule_names[] = {
	[TIDEMARK_RANGE_EXACT] = "exact",
	[TIDEMARK_RANGE_WHOLE] = "whole",
	[TIDEMARK_RANGE_ANY] = "any",
};

static int rule_set(const char *text, const struct kernel_param *parameter)
{
	int rule = sysfs_match_string(rule_names, text);

	if (rule < 0)
		return rule;
	config.range_rule = rule;
	return 0;
}

static int rule_get(char *text, const struct kernel_param *parameter)
{
	return sprintf(text, "%s\n", rule_names[config.range_rule]);
}

static const struct kernel_param_ops rule_ops = {
	.set = rule_set,
	.get = rule_get,
};

module_param_cb(range_rule, &rule_ops, NULL, 0644);
MODULE_PARM_DESC(range_rule, "Which ranges a dirty query may name: exact, whole (as Linux), any");

static const char *const store_names[] = {
	[TIDEMARK_STORE_BITMAP] = "bitmap",
	[TIDEMARK_STORE_SPARSE] = "sparse",
	[TIDEMARK_STORE_RANGES] = "ranges",
	[TIDEMARK_STORE_PINNED] = "pinned",
};

static int store_set(const char *text, const struct kernel_param *parameter)
{
	int store = sysfs_match_string(store_names, text);

	if (store < 0)
		return store;
	config.store = store;
	return 0;
}

static int store_get(char *text, const struct kernel_param *parameter)
{
	return sprintf(text, "%s\n", store_names[config.store]);
}

static const struct kernel_param_ops store_ops = {
	.set = store_set,
	.get = store_get,
};

module_param_cb(store, &store_ops, NULL, 0644);
MODULE_PARM_DESC(store, "Where marks are kept: bitmap (as Linux), sparse, ranges, pinned");

static int __init tidemark_init(void)
{
	int ret = tidemark_vfio_driver_register(&config);

	if (!ret)
		pr_info("tidemark: serves VFIO's containers\n");
	return ret;
}

static void __exit tidemark_exit(void)
{
	tidemark_vfio_driver_unregister();
}

module_init(tidemark_init);
module_exit(tidemark_exit);

MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("VFIO IOMMU driver that tracks dirty pages for live migration");
