/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* User memory is the world's: any 8 bytes of it can fault, and every write is seen. */
#ifndef LINUX_PEER_UACCESS_H
#define LINUX_PEER_UACCESS_H

#include <linux/kernel.h>

#define u64_to_user_ptr(address) ((void __user *)(uintptr_t)(address))

/* Return the number of bytes that were not copied. */
unsigned long copy_from_user(void *to, const void __user *from, unsigned long bytes);
unsigned long copy_to_user(void __user *to, const void *from, unsigned long bytes);
bool access_ok(const void __user *address, unsigned long bytes);

#endif
