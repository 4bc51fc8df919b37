// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From an input on which something went wrong to a finding in its folder.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "finding.h"
#include "reduce.h"

namespace tidemark::cli {

struct Diagnosed {
  Finding finding;
  std::size_t runs = 0;
  std::vector<std::pair<std::string, Program>> leads;
};

// Reduces and names; also programs that take the process down, in children.
// Nothing if the program does nothing wrong. `input` is what it came from.
std::optional<Diagnosed> diagnose_any(const Program& program, std::span<const std::uint8_t> input);

}  // namespace tidemark::cli
