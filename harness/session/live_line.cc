// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "live_line.h"

#include <fmt/core.h>

#include <cmath>

namespace tidemark::session {

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

Json json_of(const Live& live) {
  const auto tenths = [](double seconds) { return std::round(seconds * 10) / 10; };
  return {{"seconds", tenths(live.seconds)},
          {"programs_per_second", std::llround(live.programs_per_second)},
          {"corpus", live.corpus},
          {"coverage", live.coverage},
          {"most_coverage", live.most_coverage},
          {"seconds_since_new_coverage", tenths(live.last_new)},
          {"memory_mib", live.memory_mib},
          {"restarts", live.restarts},
          {"found", live.found},
          {"in_work", live.in_work}};
}

}  // namespace tidemark::session
