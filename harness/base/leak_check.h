// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Memory that a piece of code leaks, found by LeakSanitizer where the program has it.
#pragma once

namespace tidemark {

// Counts from when it is made: one at a time, in a process without other threads that
// allocate.
class LeakCheck {
 public:
  LeakCheck();
  // Was memory allocated since, or since this was asked last, that nobody frees or knows any
  // more? Standard error then has LeakSanitizer's report of all leaks of the process. Never
  // without LeakSanitizer. Cost: nothing if as many blocks were freed as allocated; else
  // tens of milliseconds.
  bool finds_any();

 private:
  long blocks_;  // in use
};

}  // namespace tidemark
