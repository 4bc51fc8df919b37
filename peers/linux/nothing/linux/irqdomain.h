/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Interrupts are always remapped, so that no group is turned down for theirs. */
#ifndef LINUX_PEER_IRQDOMAIN_H
#define LINUX_PEER_IRQDOMAIN_H

#include <stdbool.h>

static inline bool irq_domain_check_msi_remap(void)
{
	return true;
}

#endif
