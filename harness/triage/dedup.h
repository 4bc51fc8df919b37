// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Bugs that a fuzzing process need not report again, so that it goes on to
// others: a file with a name a line, named in the environment. Whoever
// watches the process writes the file anew, also while it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "mismatch.h"

namespace tidemark {

inline constexpr const char* kReportedVariable = "TIDEMARK_REPORTED";

// False where there is no such file. Cost: a stat() while the file stays as it is.
bool is_reported(const std::string& name);
// From now on it is, in this process, whatever the file says.
void note_reported(const std::string& name);

// Which failing programs are worth a name, in a process that goes on for as long as it is
// let. Naming takes some hundred runs, and a bug that shows in every other program would
// leave no time for anything else.
// Programs that fail with one signature ("lockstep.query.missing-dirty") are most
// likely one bug: the first 50 are named, for others that are more frequent than
// a fiftieth of them; from then on naming gets one run for eight programs since, in
// equal shares for all signatures, so that what is frequent does not crowd out
// what is rare. It never stops: there may be a rare bug behind a frequent one.
class Lookalikes {
 public:
  void program_ran() { ++programs_; }
  // A program failed like this.
  bool worth_naming(const Signature& seen_as);
  // It was named, in so many runs.
  void named(const Signature& seen_as, std::size_t runs);
  // The name was new. So there is more than one bug that looks like this: the next 50 are
  // all named again.
  void found_another(const Signature& seen_as) { spent_[seen_as].times = 0; }

 private:
  struct Spent {
    std::uint64_t since;  // how many programs had run when the first failed like this
    std::uint64_t times = 0, runs = 0;
  };
  std::uint64_t programs_ = 0;
  std::map<Signature, Spent> spent_;
};

}  // namespace tidemark
