// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which lines of the tracker are not as they were at some revision.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace tidemark::mutants {

// Of each file in impl/, by its name: lines as they are now, from 1.
using ChangedLines = std::map<std::string, std::set<std::size_t>>;

// Reads a unified diff, with or without context, from what was to what is; files outside
// of impl/ and below it are passed over. Of lines that are gone nothing is left to change.
// Throws std::invalid_argument for a hunk that says less or more than it announces.
ChangedLines read_diff(std::string_view diff);

// What git says of the work tree `root` against `revision`. Throws std::invalid_argument,
// with git's words, if it knows none of that name.
ChangedLines changed_since(const std::filesystem::path& root, const std::string& revision);

}  // namespace tidemark::mutants
