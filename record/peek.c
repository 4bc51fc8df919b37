// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "peek.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, MOST_PIECES = 16 };

/* A piece that cannot be read ends it: so each lies in one page. */
static size_t peek_pages(char *to, uint64_t from, size_t bytes)
{
	struct iovec there[MOST_PIECES], here = {.iov_base = to};
	unsigned int pieces = 0;
	ssize_t got;

	while (bytes && pieces < MOST_PIECES) {
		size_t piece = PAGE - from % PAGE;

		if (piece > bytes)
			piece = bytes;
		there[pieces].iov_base = (void *)(uintptr_t)from;
		there[pieces++].iov_len = piece;
		here.iov_len += piece;
		from += piece;
		bytes -= piece;
	}
	got = process_vm_readv(getpid(), &here, 1, there, pieces, 0);
	return got < 0 ? 0 : (size_t)got;
}

size_t peek(void *to, uint64_t from, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		size_t got = peek_pages((char *)to + done, from + done, bytes - done);

		if (!got)
			break;
		done += got;
	}
	return done;
}

void peek_or_zero(void *to, uint64_t from, size_t bytes)
{
	size_t done = 0;

	for (;;) {
		size_t missing;

		done += peek((char *)to + done, from + done, bytes - done);
		if (done == bytes)
			return;
		missing = PAGE - (from + done) % PAGE;
		if (missing > bytes - done)
			missing = bytes - done;
		memset((char *)to + done, 0, missing);
		done += missing;
	}
}
