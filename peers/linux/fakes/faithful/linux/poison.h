/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a list entry's pointers are after list_del(): an address that faults. */
#ifndef LINUX_PEER_POISON_H
#define LINUX_PEER_POISON_H

#define LIST_POISON1 ((void *)0xdead000000000100)
#define LIST_POISON2 ((void *)0xdead000000000122)

#endif
