// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "names.h"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "subprocess.h"

namespace tidemark::bench {

namespace fs = std::filesystem;

BugNames names_of(const std::string& bug, std::uint64_t programs, const fs::path& bugs,
                  const fs::path& seeds) {
  constexpr unsigned kSeconds = 1800;
  const Ending ending =
      run_program({bugs / bug / "names_measure", seeds, fmt::format("{}", programs)}, kSeconds);
  BugNames result;
  result.bug = bug;
  result.ran = ending.fine;
  std::istringstream said(ending.said);
  for (std::string line; std::getline(said, line);) result.names.push_back(line);
  return result;
}

std::string names_table(const std::vector<BugNames>& all) {
  std::string text = "| bug | names | |\n|---|---:|---|\n";
  std::size_t most = 0;
  for (const BugNames& bug : all) {
    std::string list;
    for (const std::string& name : bug.names) list += (list.empty() ? "" : ", ") + name;
    text += fmt::format("| {} | {} | {} |\n", bug.bug, bug.names.size(), list);
    most = std::max(most, bug.names.size());
  }
  const auto well = std::ranges::count_if(all, [](const BugNames& bug) { return bug.is_well(); });
  return text + fmt::format("\n{} of {} bugs have 1 to {} names; the most has {}\n", well,
                            all.size(), kMostNames, most);
}

}  // namespace tidemark::bench
