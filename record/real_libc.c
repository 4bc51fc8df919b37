// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "real_libc.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static struct real_libc functions;
static atomic_bool looked_up;

#define look_up(name) (functions.name = (__typeof__(functions.name))dlsym(RTLD_NEXT, #name))

/* Whoever does it beside another thread stores the same. */
static void look_all_up(void)
{
	look_up(ioctl);
	look_up(close);
	look_up(close_range);
	look_up(closefrom);
	look_up(dup);
	look_up(dup2);
	look_up(dup3);
	look_up(fcntl);
	look_up(fcntl64);
	look_up(syscall);
	if (!functions.fcntl64)
		functions.fcntl64 = functions.fcntl;
	atomic_store_explicit(&looked_up, true, memory_order_release);
}

const struct real_libc *real_libc(void)
{
	if (!atomic_load_explicit(&looked_up, memory_order_acquire))
		look_all_up();
	return &functions;
}
