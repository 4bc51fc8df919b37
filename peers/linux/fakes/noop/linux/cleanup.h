/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* No scoped cleanup is used. */
#define DEFINE_FREE(name, type, free) struct linux_peer_free_##name;
