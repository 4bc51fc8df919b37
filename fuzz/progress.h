// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a fuzzing process tells whoever watches it, through a file that both map
// into memory: the engines' own lines know nothing of operations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "step_at.h"

namespace tidemark {

// Written by one process, read by another, at any moment.
struct Counters {
  std::uint64_t programs = 0;
  std::uint64_t operations = 0;
  std::uint64_t left_out = 0;  // programs that are like one that ends the process
  Counters& operator+=(const Counters& more);
};

// The inputs that it ran last, for what shows only after others.
struct RecentInputs {
  static constexpr std::size_t kInputs = 100, kMostBytes = 1040;
  struct Input {
    std::uint32_t size = 0;
    std::uint8_t bytes[kMostBytes] = {};
  };
  std::uint64_t begun = 0;  // number i is at i % kInputs
  Input inputs[kInputs];
};

struct Progress {
  Counters counters;
  RecentInputs recent;
  StepAt at = {};  // in the last of them
};

// Names the file, in the environment of the fuzzing process.
inline constexpr const char* kProgressVariable = "TIDEMARK_PROGRESS";

// The file's, for as long as the process lives; created if need be. Null if that is
// impossible.
Progress* map_progress(const char* path);

// map_progress() of the variable's file, or a private one where there is none.
Progress& own_progress();

// Before an input runs. At most kMostBytes of it. Cost: that of copying them.
void note_input(RecentInputs& recent, const std::uint8_t* data, std::size_t size);
// The oldest first; of a process that has ended.
std::vector<std::vector<std::uint8_t>> inputs_in(const RecentInputs& recent);

// Reads or adds without tearing.
std::uint64_t read_counter(const std::uint64_t& counter);
Counters read_counters(const Counters& counters);
void add_to_counter(std::uint64_t& counter, std::uint64_t amount);

}  // namespace tidemark
