// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which results operations came to, of those that there may be (corpus/outcomes.txt): what a run
// has never met, nothing in it has looked at.
#pragma once

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "errno_names.h"
#include "lockstep.h"

namespace tidemark::session {

// All zeros at first, and without pointers: children fill it in memory that they share.
struct MetResults {
  // In the window of a callback or not; then which result: any success, or the errno of
  // kErrorNames[i - 1]. What has no name there is not noted.
  bool met[2][kVerbs][1 + std::size(kErrorNames)];
};

// run() of the lockstep, with a note of each operation that returned. Cost: the same.
void run_noting(Lockstep& lockstep, const Program& program, MetResults& results);

// As the list has them: "map -EEXIST", "window query 0".
std::vector<std::string> result_names(const MetResults& results);

// The same of each entry of such a list, which has lines "window query: 0 -EINVAL", and comments
// with #.
std::vector<std::string> results_in_list(std::string_view list);

}  // namespace tidemark::session
