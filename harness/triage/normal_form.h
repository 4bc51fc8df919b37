// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs that say the same in a plainer way: what a diagnosis tries so that
// one bug has one shape, whichever way the fuzzer came to it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "lockstep.h"
#include "program.h"

namespace tidemark {

// With the index-th operation one place nearer to the beginning, if it usually
// stands before the one that is there: groups, devices, mappings, START, all else.
std::optional<Program> with_one_moved_up(const Program& program, std::size_t index);

// One insertion after the other, since what moved up may move on: `take` makes a candidate the
// program if it likes it, and says so. True if it took one.
template <class Take>
bool move_all_up(const Program& program, Take take) {
  bool changed = false;
  for (std::size_t i = 1; i < program.operations.size(); ++i)
    for (std::size_t j = i; j > 0 && take(with_one_moved_up(program, j)); --j) changed = true;
  return changed;
}

// Nothing where there is nothing to take away or to replace.
//
// The last operation without its fault and its bend.
std::optional<Program> without_last_twist(const Program& program);
// What is in windows runs at once, right before the last operation.
std::optional<Program> without_windows(const Program& program);
// A query, of nothing, in place of a START or STOP that is last.
std::optional<Program> with_query_for_switch(const Program& program);
// An unmap that is last, and asks for a bitmap in place of the last query in its window.
std::optional<Program> with_bitmap_for_query_in_window(const Program& program);
// A query of the same range in place of an unmap with bitmap that is last.
std::optional<Program> with_query_for_unmap(const Program& program);
// However these `pages` (iovas, in bytes) became dirty: a write of each, right
// before the last operation, instead of all pins, writes and groups. Nothing if
// there would be more of them.
std::optional<Program> with_writes_instead(const Program& program,
                                           std::span<const std::uint64_t> pages);

// What moves bytes from within a page on moves whole pages.
std::optional<Program> with_whole_pages(const Program& program);

// With a query of `mapping` behind the last operation.
Program with_query(const Program& program, const LiveMapping& mapping);

}  // namespace tidemark
