// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From the process in which something went wrong to the one that files it: what was
// found, as text, and as a file in a folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diagnosis.h"
#include "finding.h"
#include "registry.h"

namespace tidemark {

// A finding, and how it was come by.
struct Diagnosed {
  Finding finding;
  std::size_t runs = 0;  // of programs
  // Programs that failed otherwise on the way, by how they did.
  std::vector<std::pair<Signature, Program>> leads = {};
};

// So many of them are looked into.
inline constexpr std::size_t kMostLeads = 8;

// diagnose() and make_finding(). Nothing if the program agrees.
std::optional<Diagnosed> diagnose_finding(const UnderTest& tested, Lockstep& lockstep,
                                          const Program& program,
                                          std::span<const std::uint8_t> input,
                                          const NumberedRuns* numbers = nullptr);

// Whatever is in it: read_diagnosed(written(d)) has the same fields. The finding has a
// program.
std::string written(const Diagnosed& found);
// Nothing if `text` is not what written() gives.
std::optional<Diagnosed> read_diagnosed(std::string_view text);

// Names the folder of drops, in the environment of a fuzzing process that is watched.
inline constexpr const char* kDropsVariable = "TIDEMARK_DROPS";

// Adds a file to the folder of drops. It is there whole or not at all, whenever this
// process or the machine ends. Throws std::system_error, naming the file, if it cannot be
// written.
void drop(const Diagnosed& found, const std::filesystem::path& folder);
// Those that are there, the oldest of each process first; none if there is no folder.
std::vector<std::filesystem::path> drops_in(const std::filesystem::path& folder);
// Nothing if the file is no drop. Throws std::system_error if it cannot be read.
std::optional<Diagnosed> read_drop(const std::filesystem::path& path);

}  // namespace tidemark
