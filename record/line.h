/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One line of the log while it is made, in memory that the caller has. */
#ifndef TIDEMARK_RECORD_LINE_H
#define TIDEMARK_RECORD_LINE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct line - text that grows
 * @text: its first byte
 * @bytes: how long it is; never more than @room
 * @room: how long it may get. What does not fit is left out.
 */
struct line {
	char *text;
	size_t bytes;
	size_t room;
};

void line_text(struct line *line, const char *text);
void line_decimal(struct line *line, uint64_t value);
/* As the fraction of a second: with nine digits. */
void line_nanoseconds(struct line *line, uint64_t value);
/* With 0x. */
void line_hex(struct line *line, uint64_t value);
/* `name` and the value, in hexadecimal: " size=0x1000". */
void line_field(struct line *line, const char *name, uint64_t value);
/* Two digits for each. */
void line_bytes(struct line *line, const unsigned char *bytes, size_t count);

#endif
