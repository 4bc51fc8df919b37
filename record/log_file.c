// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "real_libc.h"

enum { LOG_VERSION = 1, MOST_PATH = 4096, LEAST_FILE = 1000, LEAST_FILE_IF_FEW = 100 };

static char path[MOST_PATH];
static atomic_int file = -1;
static struct stat identity; /* of the file, which others may close in passing */
static atomic_int own_process;
static atomic_ulong next_line;
static atomic_bool announced, complained;

/* Nobody who closes all files that he knows, or counts on small numbers, is to meet it. */
static int open_file(void)
{
	const struct real_libc *libc = real_libc();
	int low = (int)libc->syscall(SYS_openat, AT_FDCWD, path,
				     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	int high;

	if (low < 0)
		return -1;
	high = libc->fcntl(low, F_DUPFD_CLOEXEC, LEAST_FILE);
	if (high < 0)
		high = libc->fcntl(low, F_DUPFD_CLOEXEC, LEAST_FILE_IF_FEW);
	if (high < 0)
		return low;
	libc->close(low);
	return high;
}

void log_open(void)
{
	const char *named = getenv(LOG_VARIABLE);

	if (!named || !*named || strlen(named) >= sizeof(path))
		return;
	strcpy(path, named);
	atomic_store(&own_process, getpid());
	atomic_store(&file, open_file());
	if (atomic_load(&file) >= 0)
		fstat(atomic_load(&file), &identity);
}

bool log_is_open(void)
{
	return path[0];
}

void log_forked(void)
{
	atomic_store(&own_process, getpid());
	atomic_store(&next_line, 0);
	atomic_store(&announced, false);
}

bool log_is_own_process(void)
{
	return getpid() == atomic_load(&own_process);
}

/* Somebody may have closed it, and opened something else that has its number now. */
static int usable_file(void)
{
	int known = atomic_load(&file), again;
	struct stat now;

	if (known >= 0 && !fstat(known, &now) && now.st_dev == identity.st_dev &&
	    now.st_ino == identity.st_ino)
		return known;
	again = open_file();
	if (again < 0 || fstat(again, &now))
		return -1;
	if (identity.st_ino && now.st_ino != identity.st_ino) {
		real_libc()->close(again);
		errno = ENOENT;
		return -1;
	}
	identity = now;
	if (!atomic_compare_exchange_strong(&file, &known, again)) {
		real_libc()->close(again);
		return known;
	}
	return again;
}

static void complain(void)
{
	static const char what[] = "tidemark record: a line of the log could not be written, and "
				   "is lost: its disk is full, or it is out of reach\n";

	if (!atomic_exchange(&complained, true))
		real_libc()->syscall(SYS_write, STDERR_FILENO, what, sizeof(what) - 1);
}

/* The function write() ends a thread that has been cancelled, which ioctl() does not. */
static void write_line(const struct line *line)
{
	int to = usable_file();

	if (to < 0 || real_libc()->syscall(SYS_write, to, line->text, line->bytes) !=
			      (long)line->bytes)
		complain();
}

static void announce(void)
{
	char text[64];
	struct line line = {text, 0, sizeof(text)};

	if (atomic_exchange(&announced, true))
		return;
	line_text(&line, "tidemark-record ");
	line_decimal(&line, LOG_VERSION);
	line_text(&line, " ");
	line_decimal(&line, (uint64_t)getpid());
	line_text(&line, "\n");
	write_line(&line);
}

void log_begin(struct line *line, const struct call_time *time)
{
	line_decimal(line, time->seconds);
	line_text(line, ".");
	line_nanoseconds(line, time->nanoseconds);
	line_text(line, " ");
	line_decimal(line, time->taken_ns);
	line_text(line, " ");
	line_decimal(line, (uint64_t)getpid());
	line_text(line, " ");
	line_decimal(line, (uint64_t)real_libc()->syscall(SYS_gettid));
	line_text(line, " ");
	line_decimal(line, atomic_fetch_add(&next_line, 1));
	line_text(line, " ");
}

void log_end(struct line *line)
{
	announce();
	if (line->bytes == line->room)
		line->bytes--;
	line->text[line->bytes++] = '\n';
	write_line(line);
}
