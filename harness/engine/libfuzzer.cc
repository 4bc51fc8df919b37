// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "libfuzzer.h"

#include <fmt/core.h>

#include "program_bytes.h"

namespace tidemark::session {

std::vector<std::string> arguments_of(const LibFuzzerOrder& order) {
  return {fmt::format("-max_total_time={:.0f}", order.seconds),
          fmt::format("-max_len={}", kMaxProgramBytes),
          fmt::format("-rss_limit_mb={}", order.most_memory_mib),
          fmt::format("-timeout={}", order.timeout),
          // One program in a giant mapping takes as long as 100,000 others.
          "-entropic_scale_per_exec_time=1",
          // Nothing ends on these, so they are no findings.
          "-report_slow_units=1000000", "-reload=1", "-print_final_stats=1",
          // That a file may not grow is for whoever writes it to say.
          "-handle_xfsz=0", order.corpus, order.seeds};
}

}  // namespace tidemark::session
