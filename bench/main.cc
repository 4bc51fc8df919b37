// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs the benchmarks, then says how the figures that we care about relate.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <map>
#include <string>

#include "console.h"

namespace {

class Notes final : public tidemark::bench::Console {
 public:
  std::map<std::string, double> per_second, nanoseconds;

 private:
  void note(const Run& run) override {
    const auto items = run.counters.find("items_per_second");
    if (items != run.counters.end()) per_second[run.benchmark_name()] = items->second;
    nanoseconds[run.benchmark_name()] = run.GetAdjustedRealTime();
  }
};

void ratio(const Notes& notes, const char* what, const char* of, const char* to) {
  const auto a = notes.nanoseconds.find(of), b = notes.nanoseconds.find(to);
  if (a != notes.nanoseconds.end() && b != notes.nanoseconds.end())
    fmt::print("{:<62} {:6.2f}\n", what, a->second / b->second);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  Notes notes;
  benchmark::RunSpecifiedBenchmarks(&notes);

  fmt::print("\n");
  for (const auto& [name, rate] : notes.per_second)
    fmt::print("{:<62} {:6.2f} M operations/s\n", name, rate / 1e6);
  if (notes.per_second.contains("lockstep") && notes.per_second.contains("tracker_alone"))
    fmt::print("{:<62} {:6.2f}\n", "lockstep / tracker alone, operations/s",
               notes.per_second["lockstep"] / notes.per_second["tracker_alone"]);
  ratio(notes, "mark, 65,535 mappings / 1 mapping", "mark/65535", "mark/1");
  ratio(notes, "query of the last mapping, 65,535 mappings / 1 mapping", "query_last_mapping/65535",
        "query_last_mapping/1");
  ratio(notes, "query of 64 dirty pages, mapping of 4 TiB / 32 MiB", "query_sparse/1073741824",
        "query_sparse/8192");
  return notes.failed ? 1 : 0;
}
