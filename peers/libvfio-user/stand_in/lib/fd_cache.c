// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "fd_cache.h"

#include <unistd.h>

int fd_cache_get(int fd)
{
	return fd;
}

int fd_cache_put(int *fd)
{
	const int result = close(*fd);

	*fd = -1;
	return result;
}
