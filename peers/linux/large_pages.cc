// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "large_pages.h"

#include <algorithm>

namespace tidemark {
namespace {

// What state is kept of marks, rounded to the pages that Linux keeps it for.
std::vector<State::Run> rounded(const State& state, std::uint64_t page_bytes) {
  State result;
  const std::uint64_t pages = page_bytes / kPageBytes;
  for (const State::Run& run : state.marks) {
    for (const State::Mapping& mapping : state.mappings) {
      const std::uint64_t begin = mapping.first / kPageBytes, end = mapping.last / kPageBytes + 1;
      if (run.end <= begin || run.first >= end) continue;
      const std::uint64_t first = begin + (std::max(run.first, begin) - begin) / pages * pages;
      const std::uint64_t last =
          std::min(end, begin + (std::min(run.end, end) - begin + pages - 1) / pages * pages);
      if (!result.marks.empty() && result.marks.back().end >= first)
        result.marks.back().end = std::max(result.marks.back().end, last);
      else
        result.marks.push_back({first, last});
    }
  }
  return result.marks;
}

}  // namespace

std::vector<std::uint64_t> marks_beyond_rounding(Lockstep& lockstep) {
  State actual, expected;
  lockstep.actual().subject().inspect(actual);
  lockstep.expected().subject().inspect(expected);
  return State::pages_only_in(actual.marks, rounded(expected, lockstep.actual().page_bytes()),
                              Mismatch::kMaxPages);
}

bool has_no_bit(const LiveMapping& mapping, std::uint64_t first, std::uint64_t last,
                std::uint64_t page_bytes, bool in_state) {
  if (last < mapping.first || first > mapping.last) return false;
  if (mapping.first % page_bytes != 0 && !in_state) return true;
  const std::uint64_t tail = (mapping.last - mapping.first + 1) % page_bytes;
  return mapping.last - std::min(last, mapping.last) < tail;
}

}  // namespace tidemark
