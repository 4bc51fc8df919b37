/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Keeps nothing: a file that is taken is given back by closing it. */
#ifndef STAND_IN_FD_CACHE_H
#define STAND_IN_FD_CACHE_H

int fd_cache_get(int fd);
int fd_cache_put(int *fd);

#endif
