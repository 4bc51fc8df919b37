// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// For what must hold whatever the input: always on, in every build.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace tidemark {

// Prints `report` (whole lines), then the signature, and ends the program.
// `signature` names the failure in one line of words and dots, without numbers
// that differ from run to run: services group findings by that line.
[[noreturn]] inline void fail(const std::string& signature, const std::string& report = {}) {
  std::fprintf(stderr, "%sAssertion failure: %s\n", report.c_str(), signature.c_str());
  std::abort();
}

inline void check(bool holds, const char* signature) {
  if (!holds) fail(signature);
}

}  // namespace tidemark
