// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How far it is, on standard error: one line that is written anew, or one now and then.
#pragma once

#include <chrono>
#include <cstddef>

#include "campaign.h"

namespace tidemark::mutants {

class ProgressLine {
 public:
  explicit ProgressLine(std::size_t all);
  ~ProgressLine();  // goes to a line of its own
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void ended(const Result& result);

 private:
  using Clock = std::chrono::steady_clock;

  const std::size_t all_;
  const bool terminal_;
  const Clock::time_point started_ = Clock::now();
  Clock::time_point shown_ = started_;
  std::size_t done_ = 0, survivors_ = 0;
};

}  // namespace tidemark::mutants
