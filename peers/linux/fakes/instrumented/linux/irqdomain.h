/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Interrupts are remapped everywhere, or by IOMMUs that say so, or not at all. */
#ifndef LINUX_PEER_IRQDOMAIN_H
#define LINUX_PEER_IRQDOMAIN_H

#include "../circumstances.h"

static inline bool irq_domain_check_msi_remap(void)
{
	return linux_peer_now()->interrupts == LINUX_REMAPPED;
}

#endif
