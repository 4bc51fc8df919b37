// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// An oracle for what calls cost, in numbers that are the same in every run: memory that they
// ask for (D21), and steps through the tracker's trees and summaries (D22, B11). No time is
// measured.
//
// It takes a subject that counts (Subject::cost), and is silent on others.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "executor.h"
#include "mismatch.h"
#include "watcher.h"

namespace tidemark {

class Costs final : public Watcher {
 public:
  // What a call cost too much of.
  struct Excess {
    std::string_view entry;  // a verb
    Kind kind;               // too_much_memory or too_many_steps
    std::uint64_t spent, most;
  };

  // Of the user of `source`, which has it among its watchers, and outlives it.
  explicit Costs(const Executor& source) : source_(source) {}

  // The source is a new one.
  void reset();

  void call_returned(const Call& call) override;
  void operation_runs(const Operation& operation, const Step& step) override;
  void tracking_switched(bool on) override { tracking_ = on; }

  // The first excess since it was last asked.
  std::optional<Excess> take() { return std::exchange(excess_, std::nullopt); }

 private:
  std::uint64_t most_bytes(const Call& call) const;
  std::optional<std::uint64_t> most_steps(const Call& call) const;
  bool has_ranges() const;
  bool walks_pins() const;
  std::uint64_t bytes_of_store(std::uint64_t pages) const;
  std::uint64_t bytes_of_runs(std::uint64_t runs) const;
  std::uint64_t bytes_of_held(std::uint64_t pages) const;
  std::uint64_t marks_of_all() const;
  std::uint64_t last() const;
  std::uint64_t mappings_touched() const;
  std::uint64_t height_of_pins(std::uint64_t more) const;
  std::uint64_t way_to_range() const;
  std::uint64_t most_steps_of_answer(std::uint64_t mappings) const;
  void count_ranges(const Call& call);
  void judge(const Call& call, Kind kind, std::uint64_t spent, std::uint64_t most);

  const Executor& source_;
  bool tracking_ = false;
  bool blind_ = false;             // what its user believes need not be so any more
  std::uint64_t most_ranges_ = 0;  // that the container's tree can have
  // Of the operation that runs.
  std::uint64_t first_ = 0, size_ = 0;  // bytes
  int pin_pages_ = 0;
  bool all_ = false, bent_flags_ = false;
  std::optional<Excess> excess_;
};

}  // namespace tidemark
