// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs and operations that say less: what the reducer tries once no
// operation can go any more.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "program.h"

namespace tidemark {

// Each differs from the given one in one field and is simpler there: nearer to
// 0, 1 or one page, no fault, no bend, no flag. The simplest come first. Taking
// one after the other comes to an end.
std::vector<Setup> simpler(const Setup& setup);
std::vector<Operation> simpler(const Operation& operation);

// A number as people would write it: from 0, 2^63 or 2^64, whichever is nearest.
Quantity plain_quantity(std::uint64_t value);

// All addresses lower by as much as the lowest of them allows. Addresses that
// are relative to mappings stay.
Program moved_down(const Program& program);

struct PageRange {
  std::uint64_t first, end;  // numbers of pages
};
// Of an operation; nothing for one that is empty, wraps, or is relative to a mapping.
std::optional<PageRange> page_range(const Operation& operation);

// The numbers of pages at which ranges begin and end become small ones in the same order:
// what lies in, before or beside what stays so. From one to the next it is `most` pages at
// most, and modulo that as many as it was: 1 is the smallest, with 64 and its powers the
// bits of words stay where they are. Addresses and sizes that are relative to mappings stay.
Program packed(const Program& program, std::uint64_t most);
// The ways to do that which are worth a try, in this order: with 1, 64 and 4096, and, where a
// bitmap may have been too large for its room, with room for a word.
std::vector<Program> packings(const Program& program);

// The numbers of pages at which ranges begin and end, but for those that are relative to mappings.
std::set<std::uint64_t> borders_of(const Program& program);
// From the border `border` on all of them are lower by so many pages, which are no more than lie
// between it and the one before: what hangs together, as a size and addresses near its end, moves
// together.
Program narrowed(const Program& program, std::uint64_t border, std::uint64_t pages);

// Every address and size that is not relative to a mapping becomes `page` (an
// iova, in bytes), or its first byte where bytes are moved.
Program on_one_page(const Program& program, std::uint64_t page);

}  // namespace tidemark
