// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "report_lines.h"

#include <sstream>

namespace tidemark::cli {

std::string said_in(const std::string& report, const std::string& word) {
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(word + " ")) continue;
    const auto from = line.find_first_not_of(' ', word.size());
    return from == std::string::npos ? "" : line.substr(from);
  }
  return {};
}

}  // namespace tidemark::cli
