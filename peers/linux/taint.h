// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What Linux has done in a program that may have made its marks wrong, mapping by
// mapping: so that a difference in marks can be told from one without a cause.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lockstep.h"

namespace tidemark {

// Each named after the rule that says what should have been done.
enum class Cause {
  failed_copy,   // B1: a query or unmap failed, and had shifted or cleared bitmaps by then
  odd_offset,    // B2: a mapping's bits did not begin with a word of the user's bitmap
  failed_write,  // B3: rw wrote some of a mapping's bytes and then faulted
  promotion,     // B12: a group that had not pinned pinned its first page
};

// If the query or unmap failed with -EFAULT, was it for want of its argument, before it
// did anything?
bool cannot_read_argument(const Operation& operation);

class Taint {
 public:
  void begin();
  // Before each operation.
  void before(Lockstep& lockstep);
  // While its outcome is compared, or after: adds what it may have made wrong.
  void note(const Operation& operation, Lockstep& lockstep);
  // Instead, for the queries that end a program.
  void note_closing(std::span<const Step> steps) { names_the_top_ = names_the_top(steps); }
  // After it: what a query has reported and cleared is right again.
  void settle(const Operation& operation, Lockstep& lockstep);

  // Is each of these pages (iovas, in bytes) one that something went wrong for,
  // and at least one of them by `cause`?
  bool explains(Cause cause, std::span<const std::uint64_t> pages) const;
  bool any(Cause cause) const;
  // May what a write in a window left in this page of the user's memory differ?
  bool wrote_short(std::uint64_t user_page) const;
  // A mapping ended at 2^64, or this operation names a range that does (B4).
  bool at_the_top() const { return mapped_at_the_top_ || names_the_top_; }
  // Those before the operation, and those that it made.
  std::span<const LiveMapping> mappings() const { return mappings_; }
  // Of these: mappings that begin in the range of the unmap that it is, which is the
  // first of its steps, and those made in this range in its window.
  std::size_t mappings_in_range(const Operation& unmap, std::span<const Step> steps) const;

 private:
  struct Suspect {
    Cause cause;
    std::uint64_t mapping;      // its first byte
    std::uint64_t first, last;  // bytes; beyond 2^64 lies 0, as the bitmap's bits have it
  };

  static bool names_the_top(std::span<const Step> steps);
  void note_step(const Step& step, bool reports, std::uint64_t page_bytes);
  void note_window(const Operation& operation, std::span<const Step> steps);
  void add(Cause cause, const LiveMapping& mapping, std::uint64_t first, std::uint64_t last);

  std::vector<Suspect> suspects_;
  std::vector<LiveMapping> half_gone_;  // written to while an unmap was about to take them
  std::vector<LiveMapping> mappings_;   // before the operation, and those that it made
  std::uint64_t non_pinned_groups_ = 0;
  bool tracking_ = false;  // before the operation
  bool mapped_at_the_top_ = false, names_the_top_ = false;
};

}  // namespace tidemark
