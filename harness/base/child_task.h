// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Work that is done in a child process while its parent goes on: it may die, hang, or take
// long, and comes to nothing then.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "shared_text.h"
#include "subprocess.h"

namespace tidemark {

class ChildTask {
 public:
  // The child makes a text, at most 64 MiB, and is killed if that takes more than
  // `seconds`, without those in which it was kept waiting for a core, or when this object
  // goes. Throws std::system_error if there can be no child.
  ChildTask(const std::function<std::string()>& make, unsigned seconds);

  // Has it ended? Waits at most so many milliseconds for that.
  bool has_ended(int milliseconds);
  // Of one that has: its text; nothing if it died, or its time was up.
  std::optional<std::string> text() const;
  bool timed_out() const { return timed_out_; }

 private:
  using Clock = std::chrono::steady_clock;

  SharedText text_;
  Clock::time_point until_;
  bool timed_out_ = false;
  std::string said_;
  Child child_;  // the last: it uses the memory
};

}  // namespace tidemark
