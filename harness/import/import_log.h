// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A program from logs.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace tidemark {

struct ImportedLog {
  std::string program;  // a text that is one; comments at its head say what was inferred
  // For who imports it: how much of the log is in it, and what lines are not known. A
  // line each; lines of the log are quoted.
  std::vector<std::string> notes;
};

// Reads the files as one log, in their order. Or why there is no program: a file is no
// text, no line is known, or there is not room for all mappings. Throws std::system_error if
// a file cannot be read. Linear in their length; memory is bounded.
std::variant<ImportedLog, std::string> import_logs(const std::vector<std::string>& paths);

}  // namespace tidemark
