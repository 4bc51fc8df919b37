// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// For what must hold whatever the input: always on, in every build.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace tidemark {

// `signature` names the failure in one line of words and dots, without numbers
// that differ from run to run: services group findings by that line.
inline void check(bool holds, const char* signature) {
  if (holds) return;
  std::fprintf(stderr, "Assertion failure: %s\n", signature);
  std::abort();
}

}  // namespace tidemark
