/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The version whose stand-ins these are, as far as it matters: 612 is 6.12. */
#define KERNEL_VERSION(version, patchlevel, sublevel) ((version) * 100 + (patchlevel))
#define LINUX_VERSION_CODE LINUX_VERSION
