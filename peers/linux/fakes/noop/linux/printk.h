/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Nobody reads the log; what the kernel warns of by WARN_ON() is in bug.h. */
#ifndef LINUX_PEER_PRINTK_H
#define LINUX_PEER_PRINTK_H

static inline __attribute__((format(printf, 1, 2))) void pr_warn(const char *format, ...)
{
	(void)format;
}

#define pr_warn_ratelimited(...) pr_warn(__VA_ARGS__)

#endif
