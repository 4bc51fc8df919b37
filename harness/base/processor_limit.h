// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How much of a processor something may take in a process that is watched, or else it ends: busy
// machines make nothing slow. Of what ran then, who watches has to know otherwise.
#pragma once

#include <sys/time.h>

#include <csignal>
#include <cstdlib>

namespace tidemark {

// Names the limit, in milliseconds, in the environment of a fuzzing process; none without it.
inline constexpr const char* kProcessorVariable = "TIDEMARK_PROCESSOR_MS";
// Ends the process that exceeds it.
inline constexpr int kTookLongSignal = SIGPROF;

// While it lives. Cost: two calls of the kernel.
class ProcessorLimit {
 public:
  explicit ProcessorLimit(long milliseconds) : is_on_(milliseconds > 0) { set(milliseconds); }
  ~ProcessorLimit() { set(0); }
  ProcessorLimit(const ProcessorLimit&) = delete;
  ProcessorLimit& operator=(const ProcessorLimit&) = delete;

  // Of the environment; 0 if it has none.
  static long wanted() {
    const char* const text = std::getenv(kProcessorVariable);
    return text ? std::strtol(text, nullptr, 10) : 0;
  }

 private:
  void set(long milliseconds) const {
    const itimerval limit = {{}, {milliseconds / 1000, milliseconds % 1000 * 1000}};
    if (is_on_) setitimer(ITIMER_PROF, &limit, nullptr);
  }

  const bool is_on_;
};

}  // namespace tidemark
