/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef LINUX_PEER_COMPILER_H
#define LINUX_PEER_COMPILER_H

/* The C library has __always_inline and __attribute_const__, too. */
#include <sys/cdefs.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#define __maybe_unused __attribute__((unused))
#define __pure __attribute__((pure))
#define __must_check __attribute__((warn_unused_result))
#define fallthrough __attribute__((fallthrough))
/* Notes to tools, or to the linker, about where things go. */
#define __user
#define __init
#define __exit
#define __read_mostly
#define __rcu
#define __force
#define __cold
#define __alloc_size(...)
#define __counted_by(member)
#define __context_unsafe(...)

#endif
