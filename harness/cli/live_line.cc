// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "live_line.h"

#include <fmt/core.h>

namespace tidemark::cli {

std::string heading() {
  return fmt::format("{:>8} {:>11} {:>7} {:>13} {:>10} {:>9} {:>8} {:>6}", "time", "programs/s",
                     "corpus", "coverage", "last new", "memory", "restarts", "found");
}

// 79 columns.
std::string line(const Live& live) {
  const std::string coverage = fmt::format("{} of {}", live.coverage, live.most_coverage);
  const std::string in_work = live.in_work ? fmt::format("+{}", live.in_work) : "";
  return fmt::format("{:6.0f} s {:11.0f} {:7} {:>13} {:8.0f} s {:5} MiB {:8} {:>6}", live.seconds,
                     live.programs_per_second, live.corpus, coverage, live.last_new,
                     live.memory_mib, live.restarts, std::to_string(live.found) + in_work);
}

std::string json_line(const Live& live) {
  return fmt::format(
      R"({{"seconds":{:.1f},"programs_per_second":{:.0f},"corpus":{},"coverage":{},)"
      R"("most_coverage":{},"seconds_since_new_coverage":{:.1f},"memory_mib":{},"restarts":{},)"
      R"("found":{},"in_work":{}}})",
      live.seconds, live.programs_per_second, live.corpus, live.coverage, live.most_coverage,
      live.last_new, live.memory_mib, live.restarts, live.found, live.in_work);
}

}  // namespace tidemark::cli
