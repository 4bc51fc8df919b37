// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The lines of a file that may be of any length.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tidemark {

// What is behind so many bytes of a line is not looked at: a record has the words of a bitmap in
// one; in those of others there is nothing behind a fraction of it, and much time would be lost.
inline constexpr std::size_t kMostOfLine = 64 * 1024;
inline constexpr std::size_t kMostOfForeignLine = 4096;

// Calls `take` with each line, without its end, and its number from 1; `whole` is false of
// a last one that has no end. Returns what is wrong, on one line that begins with the
// quoted path, if the file is no text. Throws std::system_error if it cannot be read.
// Cost: memory for one line.
std::string read_lines(
    const std::string& path,
    const std::function<void(std::string_view line, std::uint64_t number, bool whole)>& take);

}  // namespace tidemark
