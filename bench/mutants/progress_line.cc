// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "progress_line.h"

#include <fmt/core.h>
#include <unistd.h>

#include "summary.h"
#include "terminal.h"

namespace tidemark::mutants {
namespace {

constexpr std::chrono::seconds kInterval{15};  // where lines stay

}  // namespace

ProgressLine::ProgressLine(std::size_t all)
    : all_(all), terminal_(is_terminal() && isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  if (terminal_ && done_) fmt::print(stderr, "\n");
}

void ProgressLine::ended(const Result& result) {
  ++done_;
  survivors_ += is_survivor(result);
  const auto now = Clock::now();
  if (!terminal_ && done_ != all_ && now < shown_ + kInterval) return;
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const double left = seconds / static_cast<double>(done_) * static_cast<double>(all_ - done_) / 60;
  fmt::print(stderr, "{}{:>5} of {}, {} survive, about {:.0f} min left; {} {}: {}{}",
             terminal_ ? "\r\x1b[K" : "", done_, all_, survivors_, left, result.mutant.id,
             result.mutant.function, name(result.verdict.fate), terminal_ ? "" : "\n");
  std::fflush(stderr);
}

}  // namespace tidemark::mutants
