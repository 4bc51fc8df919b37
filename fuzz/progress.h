// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a fuzzing process tells whoever watches it, through a file that both map
// into memory: the engines' own lines know nothing of operations.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidemark {

// Written by one process, read by another, at any moment.
struct Counters {
  std::uint64_t programs = 0;
  std::uint64_t operations = 0;
};

// Names the file, in the environment of the fuzzing process.
inline constexpr const char* kCountersVariable = "TIDEMARK_COUNTERS";

// The file's counters, for as long as the process lives; created if need be.
// Null if that is impossible.
Counters* map_counters(const char* path);

// map_counters() of the variable's file, or private ones where there is none.
Counters& own_counters();

// Reads or adds without tearing.
std::uint64_t read_counter(const std::uint64_t& counter);
void add_to_counter(std::uint64_t& counter, std::uint64_t amount);

}  // namespace tidemark
