// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A lockstep of the tracker as a module of Linux with the reference: nothing is known to differ,
// but where pages are pinned for minutes a program ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lockstep.h"

namespace tidemark {

class TrackerKernelLockstep final : public Lockstep {
 public:
  // `known`: kAllKnown or "slow", if such an end is to be a mismatch that is known (registry.h).
  explicit TrackerKernelLockstep(std::string_view known);

  void begin(const Setup& setup) override;
  std::optional<Mismatch> step(const Operation& operation, const Expectation* expectation) override;
  std::optional<Mismatch> end() override;

 private:
  template <class Call>
  std::optional<Mismatch> unless_it_stops(Call call);

  const std::string known_;
  std::size_t index_ = 0;  // of the operation that runs
  bool over_ = false;
};

}  // namespace tidemark
