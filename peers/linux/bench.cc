// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How fast a lockstep with Linux is beside one with the tracker, on the programs
// on which all of them agree, and that therefore run to their ends; then what a
// query of one page costs where there are many mappings (B11):
//
//   linux_bench SECONDS PROGRAM...
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "executor.h"
#include "factories.h"
#include "linux_lockstep.h"
#include "program_file.h"

namespace tidemark {
namespace {

std::vector<Program> comparable(int count, char** paths) {
  std::vector<Program> programs;
  for (int i = 0; i < count; ++i) {
    const auto loaded = load_program(paths[i], Form::text);
    const auto* named = std::get_if<LoadedProgram>(&loaded);
    if (!named) continue;
    const Program* const program = &named->program;
    bool same = true;
    for (const LinuxVersion& version : linux_versions())
      same &= !LinuxLockstep(version).judge(*program).signature;
    if (same) programs.push_back(*program);
  }
  return programs;
}

// Of the processor's time: whatever else the executor does.
double seconds_since(std::clock_t begin) {
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

// Operations a second.
double speed(Lockstep& lockstep, const std::vector<Program>& programs, double seconds) {
  const std::clock_t begin = std::clock();
  const std::uint64_t before = lockstep.operations();
  double spent = 0;
  do {
    for (const Program& program : programs) lockstep.run(program);
    spent = seconds_since(begin);
  } while (spent < seconds);
  return static_cast<double>(lockstep.operations() - before) / spent;
}

Operation on_page(Verb verb, std::int64_t page) {
  Operation operation;
  operation.verb = verb;
  operation.flags = kReadable | kWritable;
  operation.address.pages = page;
  operation.size.pages = 1;
  operation.vaddr.base = Base::fresh;
  return operation;
}

// Microseconds for a query of the page, the best of some rounds.
double query_time(Executor& executor, std::int64_t page) {
  constexpr int kRounds = 5, kQueries = 50;
  const Operation query = on_page(Verb::query, page);
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::clock_t begin = std::clock();
    for (int i = 0; i < kQueries; ++i) executor.run(query);
    const double each = 1e6 * seconds_since(begin) / kQueries;
    if (!round || each < best) best = each;
  }
  return best;
}

// Mappings of one page, each followed by a hole of one.
void print_query_times(const std::string& name, SubjectFactory make) {
  constexpr std::int64_t kMappings = 65535;
  Executor executor;
  executor.reset({}, make);
  for (std::int64_t i = 0; i < kMappings; ++i) executor.run(on_page(Verb::map, 2 * i));
  executor.run(on_page(Verb::start, 0));
  const double lowest = query_time(executor, 0);
  const double highest = query_time(executor, 2 * (kMappings - 1));
  std::printf(
      "%-12s query of 1 page, in the lowest of 65,535 mappings %.1f us, in the highest %.1f"
      " us: %.0f times\n",
      name.c_str(), lowest, highest, highest / lowest);
}

}  // namespace
}  // namespace tidemark

int main(int count, char** arguments) {
  using namespace tidemark;
  if (count < 3) return 2;
  const double seconds = std::strtod(arguments[1], nullptr);
  const std::vector<Program> programs = comparable(count - 2, arguments + 2);
  Lockstep tracker(make_tracker, make_reference);
  const double own = speed(tracker, programs, seconds);
  std::printf("%zu programs\n%-12s %9.0f operations/s\n", programs.size(), "tracker", own);
  for (const LinuxVersion& version : linux_versions()) {
    LinuxLockstep comparison(version);
    const double its = speed(comparison, programs, seconds);
    std::printf("%-12s %9.0f operations/s  %.2f of the tracker's\n", version.name.c_str(), its,
                its / own);
  }
  print_query_times("tracker", make_tracker);
  for (const LinuxVersion& version : linux_versions())
    print_query_times(version.name, version.make);
  return 0;
}
