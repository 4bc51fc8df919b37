// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "lock_shim.h"

#include "tidemark_os.h"

struct mutex *lock_make(void)
{
	struct mutex *lock = calloc(1, sizeof(*lock));

	if (lock)
		mutex_init(lock);
	return lock;
}

void lock_free(struct mutex *lock)
{
	mutex_destroy(lock);
	free(lock);
}

void lock_take(struct mutex *lock)
{
	mutex_lock(lock);
}

void lock_give_back(struct mutex *lock)
{
	mutex_unlock(lock);
}
