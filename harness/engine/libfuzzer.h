// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// libFuzzer as the engine of a session: what its processes are called with.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tidemark::session {

struct LibFuzzerOrder {
  double seconds = 1;                   // after which it ends by itself
  unsigned timeout = 0;                 // seconds after which a program hangs
  std::size_t most_memory_mib = 0;      // more is too much
  std::filesystem::path corpus, seeds;  // what it begins with; the first grows
};

// Behind the name of the target.
std::vector<std::string> arguments_of(const LibFuzzerOrder& order);

}  // namespace tidemark::session
