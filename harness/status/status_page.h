// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How a run is going, as an HTML page.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "finding.h"
#include "run_state.h"

namespace tidemark::status {

// What a page shows of a finding that has a folder.
struct ShownFinding {
  std::string name;
  std::filesystem::path folder;
  std::string details;  // HTML
};
// Cost: reads the page of each for its picture. Throws std::system_error if one is there and cannot
// be read.
std::vector<ShownFinding> shown_findings(const std::vector<FiledFinding>& filed);

// One file without scripts that needs nothing from outside, for any width, in light and dark. It
// is to lie in `folder`, from which its links to the pages of findings lead; what of the run is not
// among `findings` is shown without a link.
std::string status_page(const RunState& run, const std::vector<ShownFinding>& findings,
                        const std::filesystem::path& folder);

}  // namespace tidemark::status
