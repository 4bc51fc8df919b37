// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What becomes of one mutant.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "build_commands.h"
#include "mutant.h"
#include "subprocess.h"

namespace tidemark::mutants {

enum class Fate {
  no_program,         // does not compile: no mutant
  equivalent,         // the compiler makes the same of it
  killed_by_seeds,    // when they were run again
  killed_by_fuzzing,  // from the seeds
  killed_by_tests,
  survived,
};
// "survived"
std::string_view name(Fate fate);

struct Verdict {
  Fate fate = Fate::survived;
  std::string by = {};  // what it died of: a seed, a signature, a test; or the compiler's words
  double seconds = 0;   // that it took, on the wall
};

struct Effort {
  double seconds = 20;  // of fuzzing, of a process that never waits for a core
  std::uint64_t programs = ~std::uint64_t{0};  // the same, as a count
};

// Where everything is.
struct Places {
  std::filesystem::path impl;       // the tracker
  std::filesystem::path seeds;      // inputs of the fuzz target
  std::filesystem::path originals;  // objects by compile_originals()
};

// What compile_plain() makes of each source as it is, into `originals`. Throws
// std::runtime_error if one does not compile.
void compile_originals(const BuildCommands& commands, const Places& places);

// Builds the mutant in `work`, an empty folder, and goes through all stages until it is
// dead. A stage that ends otherwise than by surviving or by saying what is wrong kills
// nothing: std::runtime_error. Cost: a second, or that of `effort` and some ten seconds.
Verdict judge(const Mutant& mutant, const BuildCommands& commands, const Places& places,
              const Effort& effort, const std::filesystem::path& work);

// The tracker as it is goes through the same, and has to survive: else what kills it would
// seem to kill every mutant.
Verdict judge_original(const BuildCommands& commands, const Places& places, const Effort& effort,
                       const std::filesystem::path& work);

// What a fuzz target died of, by what it said: a signature. Empty if it says of nothing
// that it is wrong.
std::string cause_of_death(const Ending& ending);
// run_program() whose end counts, and not its beginning, of what it says: into `log`.
// A race ends it.
Ending run_with_log(const std::vector<std::string>& words, const std::filesystem::path& log,
                    unsigned seconds);
// The test that failed, or in which the process ended; empty if all passed.
// Throws std::runtime_error if no test ran.
std::string failed_test(const Ending& ending);

}  // namespace tidemark::mutants
