// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "naming.h"

#include <fmt/core.h>

#include <chrono>

#include "interrupts.h"

namespace tidemark::session {

void name_what_waits(Found& found, unsigned seconds, std::string_view of_the_rest, std::FILE* out) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::seconds(seconds);
  auto next = Clock::now() + std::chrono::seconds(1);
  found.take_outcomes();  // of before
  while (found.is_busy() && !interrupts() && Clock::now() < until) {
    found.work(200);
    const auto now = Clock::now();
    if (now < next || !found.is_busy()) continue;
    next = now + std::chrono::seconds(10);
    const std::string far = found.how_far();
    fmt::print(out, "naming what was found: {} to go, {:.0f} s at most; an interrupt leaves it{}\n",
               found.waiting(), std::chrono::duration<double>(until - now).count(),
               far.empty() ? "" : "; made small so far: " + far);
    std::fflush(out);
  }
  for (const auto& [what, times] : found.take_outcomes())
    fmt::print(out, "of what was to be named, {} {}\n",
               times == 1 ? "one is" : fmt::format("{} are", times), what);
  if (found.is_busy()) fmt::print(out, "{} {}\n", found.waiting(), of_the_rest);
}

}  // namespace tidemark::session
