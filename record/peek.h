/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Memory that a user names and that may not be there. */
#ifndef TIDEMARK_RECORD_PEEK_H
#define TIDEMARK_RECORD_PEEK_H

#include <stddef.h>
#include <stdint.h>

/**
 * peek - copy what can be read of this process's memory
 * @to: where to
 * @from: the first byte
 * @bytes: how many
 *
 * Cost: a system call for each 64 KiB.
 *
 * Return: how many bytes could be read, all before the first page that cannot be.
 */
size_t peek(void *to, uint64_t from, size_t bytes);

/**
 * peek_or_zero - the same, with zeros for what cannot be read
 * @to: where to
 * @from: the first byte
 * @bytes: how many
 */
void peek_or_zero(void *to, uint64_t from, size_t bytes);

#endif
