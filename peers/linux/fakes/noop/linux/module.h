/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* There is no module to load: kernel/container.c calls what module_init() names. */
#ifndef LINUX_PEER_MODULE_H
#define LINUX_PEER_MODULE_H

#include <linux/kernel.h>

#define LINUX_PEER_NO_STRUCT(name) struct linux_peer_##name
#define module_param_named(name, ...) LINUX_PEER_NO_STRUCT(param_##name)
#define MODULE_PARM_DESC(name, ...) LINUX_PEER_NO_STRUCT(param_desc_##name)
#define MODULE_VERSION(text) LINUX_PEER_NO_STRUCT(version)
#define MODULE_LICENSE(text) LINUX_PEER_NO_STRUCT(license)
#define MODULE_AUTHOR(text) LINUX_PEER_NO_STRUCT(author)
#define MODULE_DESCRIPTION(text) LINUX_PEER_NO_STRUCT(description)
#define module_init(function) LINUX_PEER_NO_STRUCT(init)
#define module_exit(function) LINUX_PEER_NO_STRUCT(exit)
#define THIS_MODULE NULL
#define EXPORT_SYMBOL(name) LINUX_PEER_NO_STRUCT(export)
#define EXPORT_SYMBOL_GPL(name) LINUX_PEER_NO_STRUCT(export)
#define S_IRUGO 0444
#define S_IWUSR 0200

#endif
