// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is filed of an input on which a process ended, where no small program could be made of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finding.h"
#include "reducer.h"
#include "registry.h"

namespace tidemark::session {

inline constexpr const char *kHang = "hang", *kOutOfMemory = "out-of-memory", *kLeaked = "leak";

// Why libFuzzer ended on an input, by the name that it gave it ("timeout-12ab"): one of these, or
// "crash".
std::string reason_for(const std::filesystem::path& input);

// How a fuzzing process ended on an input, as far as that is known.
struct ProcessEnd {
  std::string said;                                    // the last that it printed
  bool starved = false;                                // it spent most of its life without a core
  std::vector<std::vector<std::uint8_t>> before = {};  // the inputs that it ran last
  std::optional<std::size_t> step = {};                // of the program (step_at.h)
};

// What is looked into: an input, or what failed otherwise while a finding was reduced.
struct Suspect {
  std::filesystem::path input;  // empty: nobody ended on it
  ProcessEnd how = {};
  Program program = {};
  std::vector<std::uint8_t> bytes = {};     // that stand for it
  std::optional<Judgement> judgement = {};  // once there is one
};

// It fails, but to make it small took more than `seconds`: the report says in which step it does.
Finding not_reduced(const UnderTest& tested, const Suspect& suspect, unsigned seconds);
// `finding` is of a hang that was seen for less than it should be, as naming it took more than
// `seconds`: with a line that says so.
Finding seen_in_short(Finding finding, unsigned seconds);
// A process ended on it, but in a process of its own it does nothing wrong: the report says in
// which step that was, if that is known.
Finding not_reproduced(const UnderTest& tested, const Suspect& suspect);

}  // namespace tidemark::session
