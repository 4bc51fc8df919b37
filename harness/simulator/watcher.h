// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What an executor tells those who watch it, at the moment at which its user or its
// drivers learn it, in windows, too. Oracles are watchers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "live_mapping.h"
#include "program.h"
#include "subject.h"
#include "user_memory.h"

namespace tidemark {

struct Step;  // executor.h

// What a bitmap answers for.
struct Answer {
  std::uint64_t first, last;  // bytes, inclusive
  std::uint64_t page_bytes;   // of one bit
  std::uint64_t bitmap;       // its user address
  bool operator==(const Answer&) const = default;
};

// A call of the subject that has returned: an operation's, a driver's unpin in its
// callback, or the user's question for P.
struct Call {
  Verb verb;
  std::int64_t result = 0;        // 0 where there is none
  std::int64_t number = 0;        // of an unpin: pages; of an extension: which
  const LockUse* lock = nullptr;  // null: nobody counted
  const CallCost* cost = nullptr;
};

// What came of an operation that had waited for its window.
struct WindowRun {
  std::size_t number;  // which of the program's operations it is, from 0
  std::int64_t result;
  const World& world;
  std::uint64_t argument;  // the address of its struct, if it had one (Step)
  const BitmapArea& bitmap;
  std::int64_t first_word;  // which of the bitmap's words is the area's first
};

class Watcher {
 public:
  // The subject is a new one: all begins, or goes on at the destination of a migration.
  virtual void subject_made() {}
  virtual void call_returned(const Call& /*call*/) {}
  // START or STOP returned 0, whether or not it changed anything.
  virtual void tracking_switched(bool /*on*/) {}
  // A query or an unmap was answered. What an unmap takes is still among the executor's
  // mappings.
  virtual void answered(const Answer& /*answer*/) {}
  // The answer of a call went to this page of guest memory: its user's doing, and no device's.
  virtual void answer_written(std::uint64_t /*user_page*/) {}
  // A mapping goes, and its marks with it: nobody asked for them.
  virtual void mapping_dropped(const LiveMapping& /*mapping*/) {}
  // An operation, in a window or not, is about to run; and once more: it has.
  virtual void operation_runs(const Operation& /*operation*/, const Step& /*step*/) {}
  // An operation that waited for a window has run in one.
  virtual void window_ran(const WindowRun& /*run*/) {}

 protected:
  ~Watcher() = default;
};

}  // namespace tidemark
