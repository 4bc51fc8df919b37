// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The functions of libc that this library stands in for: ioctl(), by whichever way, and those
 * that make a file's number stand for another file.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "calls.h"
#include "log_file.h"
#include "objects.h"
#include "real_libc.h"

#define exported __attribute__((visibility("default")))

/* By themselves, as headers have them with other attributes, or only for some programs. */
exported int ioctl(int file, unsigned long request, ...);
exported int close(int file);
exported int close_range(unsigned int first, unsigned int last, int flags);
exported void closefrom(int first);
exported int dup(int file);
exported int dup2(int file, int other);
exported int dup3(int file, int other, int flags);
exported int fcntl(int file, int command, ...);
exported int fcntl64(int file, int command, ...);
exported long syscall(long number, ...);

__attribute__((constructor)) static void begin(void)
{
	real_libc();
	log_open();
	pthread_atfork(NULL, NULL, log_forked);
}

int ioctl(int file, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (is_vfio(request))
		return call_vfio(file, request, argument);
	return real_libc()->ioctl(file, request, argument);
}

int close(int file)
{
	call_closes(file);
	return real_libc()->close(file);
}

static void all_close(unsigned int first, unsigned int last)
{
	for (int file = object_files_end() - 1; file >= 0; file--)
		if ((unsigned int)file >= first && (unsigned int)file <= last)
			call_closes(file);
}

int close_range(unsigned int first, unsigned int last, int flags)
{
	if (!real_libc()->close_range) {
		errno = ENOSYS;
		return -1;
	}
	if (!(flags & CLOSE_RANGE_CLOEXEC))
		all_close(first, last);
	return real_libc()->close_range(first, last, flags);
}

void closefrom(int first)
{
	all_close(first < 0 ? 0 : (unsigned int)first, UINT32_MAX);
	if (real_libc()->closefrom)
		real_libc()->closefrom(first);
}

static int copied(int file, int copy)
{
	if (copy >= 0)
		object_copied(file, copy);
	return copy;
}

int dup(int file)
{
	return copied(file, real_libc()->dup(file));
}

/* What `other` was is closed, unless that is what it is to become. */
int dup2(int file, int other)
{
	if (file != other)
		call_closes(other);
	return copied(file, real_libc()->dup2(file, other));
}

int dup3(int file, int other, int flags)
{
	if (file != other)
		call_closes(other);
	return copied(file, real_libc()->dup3(file, other, flags));
}

static int copied_by(int file, int command, int result)
{
	return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? copied(file, result) : result;
}

int fcntl(int file, int command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return copied_by(file, command, real_libc()->fcntl(file, command, argument));
}

int fcntl64(int file, int command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return copied_by(file, command, real_libc()->fcntl64(file, command, argument));
}

long syscall(long number, ...)
{
	va_list arguments;
	long a, b, c, d, e, f;

	va_start(arguments, number);
	a = va_arg(arguments, long);
	b = va_arg(arguments, long);
	c = va_arg(arguments, long);
	d = va_arg(arguments, long);
	e = va_arg(arguments, long);
	f = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_ioctl && is_vfio((unsigned long)b))
		return call_vfio((int)a, (unsigned long)b, (void *)c);
	if (number == SYS_close)
		call_closes((int)a);
	return real_libc()->syscall(number, a, b, c, d, e, f);
}
