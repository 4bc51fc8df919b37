/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The functions of libc that interpose.c stands in for, as they are without it. */
#ifndef TIDEMARK_RECORD_REAL_LIBC_H
#define TIDEMARK_RECORD_REAL_LIBC_H

/**
 * struct real_libc - what comes next in the order of libraries, as libc has it
 *
 * NULL is what that libc does not have: no program that runs on it calls it.
 */
struct real_libc {
	int (*ioctl)(int file, unsigned long request, ...);
	int (*close)(int file);
	int (*close_range)(unsigned int first, unsigned int last, int flags);
	void (*closefrom)(int first);
	int (*dup)(int file);
	int (*dup2)(int file, int other);
	int (*dup3)(int file, int other, int flags);
	int (*fcntl)(int file, int command, ...);
	int (*fcntl64)(int file, int command, ...);
	long (*syscall)(long number, ...);
};

/**
 * real_libc - what they are
 *
 * They are looked up when somebody first asks, which may be before any constructor has run.
 *
 * Return: never NULL. May be called from several threads, and from a signal's handler.
 */
const struct real_libc *real_libc(void);

#endif
