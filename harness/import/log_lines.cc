// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "log_lines.h"

#include "files.h"
#include "text.h"

namespace tidemark {

std::string read_lines(
    const std::string& path,
    const std::function<void(std::string_view line, std::uint64_t number, bool whole)>& take) {
  std::string line, wrong;
  std::uint64_t number = 1;
  bool begun = false;  // the line, though nothing of it may be kept
  const auto take_line = [&](bool whole) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    take(line, number, whole);
    line.clear();
    begun = false;
    ++number;
  };
  read_pieces(path, [&](std::string_view piece) {
    // What QEMU's backend "simple" writes begins so.
    constexpr std::string_view kSimpleTrace = "\xff\xff\xff\xff\xff\xff\xff\xff";
    if (number == 1 && !begun && piece.starts_with(kSimpleTrace)) {
      wrong = ": a binary trace of QEMU's; its scripts/simpletrace.py makes text of it";
      return false;
    }
    while (!piece.empty()) {
      const std::size_t end = std::min(piece.find('\n'), piece.size());
      const std::string_view part = piece.substr(0, end);
      if (part.find('\0') != part.npos) {
        wrong = ": no text, there is a NUL in line " + decimal(number);
        return false;
      }
      line += part.substr(0, kMostOfLine - line.size());
      begun = true;
      if (end < piece.size()) take_line(true);
      piece.remove_prefix(std::min(end + 1, piece.size()));
    }
    return true;
  });
  if (!wrong.empty()) return quoted_path(path) + wrong;
  if (begun) take_line(false);
  return "";
}

}  // namespace tidemark
