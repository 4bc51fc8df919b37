// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "line.h"

#include <string.h>

static void add(struct line *line, const char *text, size_t bytes)
{
	if (bytes > line->room - line->bytes)
		bytes = line->room - line->bytes;
	memcpy(line->text + line->bytes, text, bytes);
	line->bytes += bytes;
}

/* The lowest digit last; at least `least` of them. */
static void add_digits(struct line *line, uint64_t value, unsigned int base, unsigned int least)
{
	char digits[24];
	size_t first = sizeof(digits);

	do {
		digits[--first] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value || sizeof(digits) - first < least);
	add(line, digits + first, sizeof(digits) - first);
}

void line_text(struct line *line, const char *text)
{
	add(line, text, strlen(text));
}

void line_decimal(struct line *line, uint64_t value)
{
	add_digits(line, value, 10, 1);
}

void line_nanoseconds(struct line *line, uint64_t value)
{
	add_digits(line, value, 10, 9);
}

void line_hex(struct line *line, uint64_t value)
{
	line_text(line, "0x");
	add_digits(line, value, 16, 1);
}

void line_field(struct line *line, const char *name, uint64_t value)
{
	line_text(line, name);
	line_hex(line, value);
}

void line_bytes(struct line *line, const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_digits(line, bytes[i], 16, 2);
}
