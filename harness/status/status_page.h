// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How a run is going, as an HTML page.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "finding.h"
#include "run_state.h"

namespace tidemark::status {

// One file without scripts that needs nothing from outside, for any width, in light and dark. It
// is to lie in `folder`, from which its links to the pages of findings lead; `filed` are what has
// a folder, and what of the run has none is shown without a link. Cost: reads the page of each
// finding for its picture. Throws std::system_error if one is there and cannot be read.
std::string status_page(const RunState& run, const std::vector<FiledFinding>& filed,
                        const std::filesystem::path& folder);

}  // namespace tidemark::status
