// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How many names each bug has: of the same programs in every run, so that it is no matter
// of chance or of time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tidemark::bench {

// One bug, one name, or nearly: who mends a bug must not have to read ten reports of it.
inline constexpr std::size_t kMostNames = 3;

struct BugNames {
  std::string bug;
  std::vector<std::string> names;  // in alphabetical order
  bool ran = false;                // it could be measured
  bool is_well() const { return ran && !names.empty() && names.size() <= kMostNames; }
};

// `bugs` and `seeds` as of run_trials(). Cost: some seconds for 10,000 programs.
BugNames names_of(const std::string& bug, std::uint64_t programs, const std::filesystem::path& bugs,
                  const std::filesystem::path& seeds);
// Markdown: a line for each bug with its names.
std::string names_table(const std::vector<BugNames>& all);

}  // namespace tidemark::bench
