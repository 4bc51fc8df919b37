// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which pages a query found dirty, and who may have made them so. What drivers and devices do is
// in no call of the user's, but what comes of it is: all that a query reports of emulated groups
// was written or pinned since the one before.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "logged_mappings.h"
#include "program.h"
#include "recorded_line.h"

namespace tidemark {

// Pages [first, last] that words of a bitmap stand for, in P-pages from its beginning.
struct DirtyRun {
  std::uint64_t first = 0, last = 0;
};
// Runs of bits, ascending. Cost: linear in the words.
std::vector<DirtyRun> dirty_runs(const WordRuns& words);

// Operations that make dirty what `line` reports, of what is mapped. Memory that may be read and
// written is written; all else `device`, which is enrolled, pins and unpins. `caller` writes.
// Nothing if there would be too many.
std::optional<std::vector<Operation>> marks_before(const RecordedLine& line,
                                                   const LoggedMappings& live, std::uint8_t device,
                                                   std::uint8_t caller);

}  // namespace tidemark
