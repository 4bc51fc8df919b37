// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How fast a lockstep with Linux is beside one with the tracker, on the programs
// on which all of them agree, and that therefore run to their ends:
//
//   linux_bench SECONDS PROGRAM...
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "comparison.h"
#include "program_file.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<Program> comparable(int count, char** paths) {
  std::vector<Program> programs;
  for (int i = 0; i < count; ++i) {
    const auto loaded = load_program(paths[i], Form::text);
    const auto* program = std::get_if<Program>(&loaded);
    if (!program) continue;
    bool same = true;
    for (const LinuxVersion& version : linux_versions())
      same &= Comparison(version).run(*program).signature.empty();
    if (same) programs.push_back(*program);
  }
  return programs;
}

// Operations a second.
template <class Runner>
double speed(Runner& runner, const std::vector<Program>& programs, double seconds) {
  const auto begin = Clock::now();
  const std::uint64_t before = runner.operations();
  std::chrono::duration<double> spent{};
  do {
    for (const Program& program : programs) runner.run(program);
    spent = Clock::now() - begin;
  } while (spent.count() < seconds);
  return static_cast<double>(runner.operations() - before) / spent.count();
}

}  // namespace
}  // namespace tidemark

int main(int count, char** arguments) {
  using namespace tidemark;
  if (count < 3) return 2;
  const double seconds = std::strtod(arguments[1], nullptr);
  const std::vector<Program> programs = comparable(count - 2, arguments + 2);
  Lockstep tracker;
  const double own = speed(tracker, programs, seconds);
  std::printf("%zu programs\n%-12s %9.0f operations/s\n", programs.size(), "tracker", own);
  for (const LinuxVersion& version : linux_versions()) {
    Comparison comparison(version);
    const double its = speed(comparison, programs, seconds);
    std::printf("%-12s %9.0f operations/s  %.2f of the tracker's\n", version.name, its, its / own);
  }
  return 0;
}
