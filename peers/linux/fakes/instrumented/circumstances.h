/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What tests can have otherwise than it is; the stand-ins look when they are asked. */
#ifndef LINUX_PEER_CIRCUMSTANCES_H
#define LINUX_PEER_CIRCUMSTANCES_H

#include "../../kernel/linux_kernel.h"

/* Whose call runs now; its circumstances come first in it (kernel/inside.h). */
struct linux_container;
extern __thread struct linux_container *linux_peer;

static inline struct linux_circumstances *linux_peer_now(void)
{
	return (struct linux_circumstances *)linux_peer;
}

#endif
