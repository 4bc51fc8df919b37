// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "hardware.h"

#include <linux/bitops.h>

#include "iommufd_kernel.h"

#define ADDRESS 0x000ffffffffff000ull /* bits 51..12 of an item, in all formats */

static u64 level_bytes(unsigned int level)
{
	return 1ull << (12 + 9 * (level - 1));
}

/*
 * Bits 11..9 say which level an item leads to. 0 is a page of the table's own level, 7 one of a
 * size that is in the address: as many low bits of it are 1 as the size has more than 8 KiB.
 */
static void read_amd_v1(u64 item, unsigned int level, struct walk_item *out)
{
	const unsigned int next_level = item >> 9 & 7;

	out->present = item & 1;
	out->leaf = level == 1 || next_level == 0 || next_level == 7;
	out->writable = item >> 62 & 1;
	out->bytes = next_level == 7 ? 2ull << (12 + ffz(item >> 12)) : level_bytes(level);
	out->next = (u64 *)(uintptr_t)(item & ADDRESS);
}

static void read_vtd_ss(u64 item, unsigned int level, struct walk_item *out)
{
	out->present = item & 3;
	out->leaf = level == 1 || (item >> 7 & 1);
	out->writable = item >> 1 & 1;
	out->bytes = level_bytes(level);
	out->next = (u64 *)(uintptr_t)(item & ADDRESS);
}

const struct walk_format walk_amd_v1 = {.last = ~0ull, .read = read_amd_v1, .dirty = 1ull << 6};
const struct walk_format walk_vtd_ss = {
	.last = (1ull << 57) - 1, .read = read_vtd_ss, .dirty = 1ull << 9};

/* The item of a page, or null, and at which level it is. */
static u64 *walk(const struct walk_format *format, u64 *table, unsigned int levels, u64 iova,
		 struct walk_item *out, unsigned int *level)
{
	const unsigned int bits = 12 + 9 * levels;

	if (bits < 64 && iova >> bits)
		return NULL;
	for (*level = levels;; --*level) {
		u64 *item = &table[iova >> (12 + 9 * (*level - 1)) & 511];

		format->read(*item, *level, out);
		if (!out->present)
			return NULL;
		if (out->leaf)
			return item;
		table = out->next;
	}
}

void hardware_flush(struct hardware *hardware, u64 first, u64 last)
{
	for (size_t i = 0; i < HARDWARE_CACHED; ++i) {
		const u64 from = hardware->cached[i].first, bytes = hardware->cached[i].bytes;

		if (bytes && from <= last && from + (bytes - 1) >= first)
			hardware->cached[i].bytes = 0;
	}
}

void hardware_flush_all(struct hardware *hardware)
{
	hardware_flush(hardware, 0, ~0ull);
}

static bool look_at(const struct hardware *hardware, u64 *top, unsigned int levels, u64 iova,
		    struct iommufd_entry *entry)
{
	struct walk_item found;
	unsigned int level;
	u64 *item = walk(hardware->format, top, levels, iova, &found, &level);

	if (!item)
		return false;
	*entry = (struct iommufd_entry){.first = iova & ~(found.bytes - 1),
					.bytes = found.bytes,
					.item_bytes = level_bytes(level),
					.writable = found.writable};
	/* One mark, in whichever of its items it is. */
	const u64 items = found.bytes / level_bytes(level);

	item -= (iova - entry->first) / level_bytes(level);
	for (u64 i = 0; i < items && !entry->dirty; ++i)
		entry->dirty = item[i] & hardware->format->dirty;
	return true;
}

size_t hardware_look(const struct hardware *hardware, u64 *top, unsigned int levels, u64 iova,
		     u64 last, struct iommufd_entry *entries, size_t most)
{
	size_t found = 0;

	while (found < most && look_at(hardware, top, levels, iova, &entries[found])) {
		const struct iommufd_entry *entry = &entries[found++];

		if (last - entry->first < entry->bytes)
			break;
		iova = entry->first + entry->bytes;
	}
	return found;
}

static unsigned int cached_at(const struct hardware *hardware, u64 iova)
{
	unsigned int i = 0;

	while (i < HARDWARE_CACHED && (iova < hardware->cached[i].first ||
				       iova - hardware->cached[i].first >= hardware->cached[i].bytes))
		++i;
	return i;
}

bool hardware_write(struct hardware *hardware, u64 *top, unsigned int levels, u64 iova)
{
	struct walk_item found;
	unsigned int level, i = cached_at(hardware, iova);
	u64 *item;

	/* The table is not looked at. */
	if (i < HARDWARE_CACHED && (hardware->cached[i].dirty || !hardware->tracks))
		return true;
	item = walk(hardware->format, top, levels, iova, &found, &level);
	if (!item || !found.writable)
		return false;
	if (i == HARDWARE_CACHED)
		i = hardware->next++ % HARDWARE_CACHED;
	hardware->cached[i].first = iova & ~(found.bytes - 1);
	hardware->cached[i].bytes = found.bytes;
	hardware->cached[i].dirty = hardware->tracks;
	if (hardware->tracks)
		*item |= hardware->format->dirty;
	return true;
}
