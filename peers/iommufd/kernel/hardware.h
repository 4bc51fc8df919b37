/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * An IOMMU's view of a page table: it walks it for a device that writes, sets dirty bits, and
 * remembers translations. What it remembers as dirty it does not mark again in the table, until it
 * is told to forget it: so who clears a mark and does not flush it loses the next write.
 */
#ifndef IOMMUFD_HARDWARE_H
#define IOMMUFD_HARDWARE_H

#include <linux/types.h>

struct iommufd_entry;

/* What an item of a table is, at a level, of which 1 is the lowest. */
struct walk_item {
	bool present, leaf, writable;
	u64 bytes; /* of a leaf: of all of its entry */
	u64 *next; /* else */
};
struct walk_format {
	u64 last; /* of the address space */
	void (*read)(u64 item, unsigned int level, struct walk_item *out);
	u64 dirty; /* the bit of an item */
};
extern const struct walk_format walk_amd_v1, walk_vtd_ss;

#define HARDWARE_CACHED 32
struct hardware {
	const struct walk_format *format;
	bool tracks;
	struct {
		u64 first, bytes; /* none: 0 bytes */
		bool dirty;
	} cached[HARDWARE_CACHED];
	unsigned int next;
};

void hardware_flush(struct hardware *hardware, u64 first, u64 last);
void hardware_flush_all(struct hardware *hardware);
/* Both walk the table at `top`, of so many levels. */
bool hardware_write(struct hardware *hardware, u64 *top, unsigned int levels, u64 iova);
size_t hardware_look(const struct hardware *hardware, u64 *top, unsigned int levels, u64 iova,
		     u64 last, struct iommufd_entry *entries, size_t most);

#endif
