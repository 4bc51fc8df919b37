// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// An oracle for pages that never get clean, independent of the model: a page that was
// reported, and that nobody could have written since, is not reported again (R8).
//
// It knows what its user does and sees, and of a few hundred pages only: a bound, that even
// a mistake which tracker and reference share has to keep.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "executor.h"
#include "watcher.h"

namespace tidemark {

class Precision final : public Watcher {
 public:
  // Of the user of `source`, which has it among its watchers, and outlives it.
  explicit Precision(const Executor& source) : source_(source) {}

  // The source is a new one.
  void reset();

  // Cost: of each page that it knows or that is reported, at most 256, those that it knows
  // and those that drivers hold.
  void answered(const Answer& answer) override;
  void operation_runs(const Operation& operation, const Step& step) override;

  // The iova of a page that was reported again, if there was one since this was last asked.
  std::optional<std::uint64_t> take() { return std::exchange(again_, std::nullopt); }

 private:
  bool is_reported(const Answer& answer, std::uint64_t page) const;
  bool somebody_writes_unseen() const;
  void may_be_written(std::uint64_t first, std::uint64_t size);

  const Executor& source_;
  // Numbers of pages that were reported, and that nobody could have written since.
  std::vector<std::uint64_t> settled_;
  std::optional<std::uint64_t> again_;
  bool blind_ = false;  // what its user believes, or sees, need not be so any more
};

}  // namespace tidemark
