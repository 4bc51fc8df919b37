// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How far a run of programs has come, for a process that has the same memory and outlives it.
#pragma once

#include <atomic>
#include <cstddef>

namespace tidemark {

// All zeros at first.
struct StepAt {
  std::atomic<std::size_t> programs;  // that have begun
  // What runs of the last of them: 1 is its first operation, 0 that the container is made, and
  // one more than it has operations whatever comes after these.
  std::atomic<std::size_t> step;
  static_assert(std::atomic<std::size_t>::is_always_lock_free);

  // In the process that runs them.
  void begin_program() {
    step = 0;
    ++programs;
  }
};

}  // namespace tidemark
