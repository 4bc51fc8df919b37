/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Work that only VFIO's interrupts have. */
#ifndef LINUX_PEER_WORKQUEUE_H
#define LINUX_PEER_WORKQUEUE_H

struct work_struct {
	int none;
};

#endif
