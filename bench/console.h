// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Google Benchmark's own table, for benchmarks that note each result to relate them afterwards.
#pragma once

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <vector>

namespace tidemark::bench {

class Console : public benchmark::ConsoleReporter {
 public:
  // A file is not for escape sequences; by default it gets them.
  Console() : ConsoleReporter(isatty(STDOUT_FILENO) ? OO_ColorTabular : OO_Tabular) {}
  void ReportRuns(const std::vector<Run>& runs) final {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      failed |= run.error_occurred;
      note(run);
    }
  }
  bool failed = false;

 private:
  virtual void note(const Run& run) = 0;
};

}  // namespace tidemark::bench
