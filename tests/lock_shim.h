/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A lock of the tracker's for C++, which cannot include the kernel-style tidemark_os.h.
 */
#ifndef TIDEMARK_TESTS_LOCK_SHIM_H
#define TIDEMARK_TESTS_LOCK_SHIM_H

#ifdef __cplusplus
extern "C" {
#endif

struct mutex;

/* NULL if there is no memory. */
struct mutex *lock_make(void);
/* Ends the process if somebody has it. */
void lock_free(struct mutex *lock);
void lock_take(struct mutex *lock);
void lock_give_back(struct mutex *lock);

#ifdef __cplusplus
}
#endif

#endif
