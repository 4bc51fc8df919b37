// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A program that was made of a log.
#pragma once

#include <string>
#include <vector>

namespace tidemark {

struct ImportedLog {
  std::string program;  // a text that is one; comments at its head say what was inferred
  // For who imports it: how much of the log is in it, and what lines are not known. A
  // line each; lines of the log are quoted.
  std::vector<std::string> notes;
};

}  // namespace tidemark
