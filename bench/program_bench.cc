// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Whole programs: the tracker alone, the reference alone, both in lockstep.
// items_per_second counts operations.
#include <benchmark/benchmark.h>

#include "factories.h"
#include "lockstep.h"
#include "programs.h"

namespace tidemark::bench {
namespace {

const std::vector<Program>& programs() {
  static const std::vector<Program> all = random_programs(2000);
  return all;
}

void run_alone(benchmark::State& state, SubjectFactory make) {
  Executor executor;
  std::size_t next = 0;
  std::int64_t operations = 0;
  for (auto _ : state) {
    const Program& program = programs()[next++ % programs().size()];
    executor.reset(program.setup, make);
    for (const Operation& operation : program.operations)
      operations += static_cast<std::int64_t>(executor.run(operation).size());
    executor.release();
  }
  state.SetItemsProcessed(operations);
}

void tracker_alone(benchmark::State& state) { run_alone(state, make_tracker); }
void reference_alone(benchmark::State& state) { run_alone(state, make_reference); }

void lockstep(benchmark::State& state) {
  Lockstep both(make_tracker, make_reference);
  std::size_t next = 0;
  for (auto _ : state)
    if (both.run(programs()[next++ % programs().size()])) state.SkipWithError("they diverge");
  state.SetItemsProcessed(static_cast<std::int64_t>(both.operations()));
}

BENCHMARK(tracker_alone);
BENCHMARK(reference_alone);
BENCHMARK(lockstep);

}  // namespace
}  // namespace tidemark::bench
