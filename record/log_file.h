/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The log: where lines go, each whole, of all processes and threads. */
#ifndef TIDEMARK_RECORD_LOG_FILE_H
#define TIDEMARK_RECORD_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "line.h"

/* Which file that is: an absolute path. What processes start has it as well. */
#define LOG_VARIABLE "TIDEMARK_RECORD_LOG"

/* When a call began, and how long it took. */
struct call_time {
	uint64_t seconds;
	uint64_t nanoseconds;
	uint64_t taken_ns;
};

/**
 * log_open - begin
 *
 * Makes the file, and writes nothing. Once in each process, before any thread is.
 */
void log_open(void);

/* Has log_open() found a file? */
bool log_is_open(void);

/* This process is a child that has just been forked: its lines are numbered from 0 again. */
void log_forked(void);

/* Is this the process that has this memory, and no vfork() of it? */
bool log_is_own_process(void);

/**
 * log_begin - put what each line begins with
 * @line: an empty one
 * @time: of the call
 */
void log_begin(struct line *line, const struct call_time *time);

/**
 * log_end - write a line, with its end
 * @line: what log_begin() began
 *
 * With one write() to a file that is appended to: lines of several processes do not mix.
 * The first of a process comes behind one that says so. What cannot be written is said
 * once, on standard error.
 */
void log_end(struct line *line);

#endif
