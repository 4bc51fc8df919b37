/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stands in for libvfio-user's folder of sources where that is not given: as much under the same
 * names as the adapter calls, as simple as can be. For tests of the adapter and of build.sh.
 */
#ifndef STAND_IN_LIBVFIO_USER_H
#define STAND_IN_LIBVFIO_USER_H

#include <stdint.h>
#include <sys/uio.h>

typedef struct vfu_ctx vfu_ctx_t;
typedef void *vfu_dma_addr_t; /* a number, from 0 to 2^64 - 1 */
typedef struct dma_sg dma_sg_t;

typedef struct {
	struct iovec iova;
	uint32_t prot; /* PROT_READ, PROT_WRITE */
} vfu_dma_info_t;

typedef void vfu_dma_unregister_cb_t(vfu_ctx_t *vfu_ctx, vfu_dma_info_t *info);

void vfu_log(vfu_ctx_t *vfu_ctx, int level, const char *format, ...);

#endif
