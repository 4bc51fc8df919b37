/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The tracker as VFIO's IOMMU driver.
 */
#ifndef TIDEMARK_VFIO_DRIVER_H
#define TIDEMARK_VFIO_DRIVER_H

#include "tidemark.h"

/**
 * tidemark_vfio_driver_register - serve containers from now on
 * @config: of those that are made from then on, but for the type; may change at any time
 *
 * Of several drivers for a type VFIO takes the one that came last.
 *
 * Return: 0 or -ENOMEM.
 */
int tidemark_vfio_driver_register(const struct tidemark_config *config);

/**
 * tidemark_vfio_driver_unregister - and no longer
 *
 * There is no container any more: each keeps the module loaded.
 */
void tidemark_vfio_driver_unregister(void);

#endif
