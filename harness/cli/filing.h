// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From an input on which something went wrong to a finding that can be filed.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "finding.h"
#include "reduce.h"

namespace tidemark::cli {

// What a program may have: more is a finding.
inline constexpr std::size_t kMostMemoryMib = 1024;
inline constexpr unsigned kMostSeconds = 20;  // unless told otherwise

// Can what has this signature be looked at from inside the process? What takes
// the process down cannot.
bool survives(const std::string& signature);

// Judges by running the program in a child: sanitizer faults, aborts, "hang"
// after `seconds` and "out-of-memory" have signatures, too.
Judgement judge_within(const Program& program, unsigned seconds);

struct Diagnosed {
  Finding finding;
  std::size_t runs = 0;
  std::vector<std::pair<std::string, Program>> leads;
};

// Reduces and names what `program` does wrong; nothing if it does nothing wrong.
// Cost: at most two minutes, for what hangs; else seconds.
std::optional<Diagnosed> diagnose_any(const Program& program);

// The same where judge_within() has said `signature`, not empty, already.
// `input` is what the program came from; what takes longer than `seconds` hangs.
std::optional<Diagnosed> diagnose_as(const std::string& signature, const Program& program,
                                     std::span<const std::uint8_t> input, unsigned seconds);

}  // namespace tidemark::cli
