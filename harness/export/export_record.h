// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a program does on the reference, call by call and with every number: what
// a reproducer has to do, and what has to come out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "executor.h"
#include "program.h"

namespace tidemark {

// A call that reached the subject: its arguments as the user's memory held them.
struct RecordedCall {
  std::uint64_t argument = 0;  // the ioctl's, after bending
  std::array<std::uint8_t, ArgumentArea::kBytes> before = {}, after = {};
  WordRuns words;   // stored, ascending
  UserFault fault;  // as ordered; none: on_read and on_write false
};

struct Recorded {
  // A device's callback in which operations ran.
  struct Window {
    unsigned device = 0;
    std::vector<Recorded> operations;
  };

  Operation operation;
  Step step;
  std::uint32_t room = 0;         // for a bitmap, in words
  RecordedCall call;              // of ioctls, pins and transfers
  bool allocation_fails = false;  // the result is that of a failed allocation
  std::vector<Window> windows;    // of an unmap, in their order
};

inline constexpr std::size_t kMaxRecordedOperations = 2000;
inline constexpr std::size_t kMaxRecordedCalls = 20000;                 // windows included
inline constexpr std::size_t kMaxRecordedWords = std::size_t{1} << 18;  // of bitmaps, runs of

// One entry for each operation; those that wait for a window have an empty step.
// Nothing if the program is longer than the limits.
//
// Whether an allocation that was told to fail is made at all is up to the
// tracker. If the program does not say what must come out, one is taken to be
// made by each operation that succeeds and usually allocates.
std::optional<std::vector<Recorded>> record(const Program& program);

}  // namespace tidemark
