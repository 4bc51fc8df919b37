// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// One attempt of an engine to find a bug, and all attempts, some at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "mismatch.h"

namespace tidemark::bench {

inline constexpr const char* kAfl = "afl";  // the engine that has a build of its own

struct Trial {
  std::string bug, engine, start;  // start: "seeds" or "empty"
  std::string left_out = {};       // an oracle or a family of operations, or nothing
  unsigned number = 0;             // also the engine's random seed

  bool found = false;
  std::uint64_t programs = 0;
  double seconds = 0;          // of a processor until it was found, or given up
  std::string name = {};       // of what the process ended with
  Signature seen_as = {};      // before it had a name; says which oracle saw it
  std::string reduced = {};    // the program, made small; empty if it was not
  std::size_t operations = 0;  // that it has
};

struct Limits {
  std::uint64_t programs = ~std::uint64_t{0};
  unsigned seconds = 60;  // of a processor, whatever else runs on it
  unsigned jobs = 1;      // trials at a time
};

struct Folders {
  std::filesystem::path bugs;   // a folder of programs for each bug
  std::filesystem::path afl;    // a build for AFL++, with its own bugs/
  std::filesystem::path seeds;  // the corpus
  std::filesystem::path work;   // for whatever is written
};

// Runs the trials; results come in any order, each is shown to `done` as it ends.
// Throws std::system_error.
void run_trials(std::vector<Trial>& trials, const Limits& limits, const Folders& folders,
                const std::function<void(const Trial&)>& done);

}  // namespace tidemark::bench
