// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How far a fuzzing run is: a line of figures below a heading, or JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "json_output.h"

namespace tidemark::session {

struct Live {
  double seconds = 0;                             // since it began
  double programs_per_second = 0;                 // since the line before
  std::uint64_t corpus = 0;                       // inputs, in the process that has most
  std::uint64_t coverage = 0, most_coverage = 0;  // places reached, of how many
  double last_new = 0;                 // seconds since a place was reached that was not before
  std::uint64_t memory_mib = 0;        // resident now, of the process that has most
  std::size_t restarts = 0;            // processes that ended and were replaced
  std::size_t found = 0, in_work = 0;  // in_work: not named yet
};

// For a terminal of so many columns: on a narrow one the less important are left out.
std::string heading(unsigned columns);
std::string line(const Live& live, unsigned columns);
Json json_of(const Live& live);

}  // namespace tidemark::session
