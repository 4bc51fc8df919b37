/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What tests can have otherwise than it is; the stand-ins look when they are asked. */
#ifndef LINUX_PEER_CIRCUMSTANCES_H
#define LINUX_PEER_CIRCUMSTANCES_H

#include "../kernel/linux_kernel.h"

/* Of the container whose call runs. */
struct linux_circumstances *linux_peer_now(void);

#endif
