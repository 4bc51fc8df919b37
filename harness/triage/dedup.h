// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Bugs that a fuzzing process need not report again, so that it goes on to
// others: a file with a signature a line, named in the environment. Whoever
// watches the process writes the file anew, also while it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace tidemark {

inline constexpr const char* kKnownVariable = "TIDEMARK_KNOWN";

// False where there is no such file. Cost: a stat() while the file stays as it is.
bool is_known(const std::string& signature);

// Which failing programs are worth a name. Naming takes some hundred runs, and a
// bug that shows in every other program would leave no time for anything else.
// Programs whose names begin alike ("lockstep.query.missing-dirty") are most
// likely one bug: the first 50 are named, for others that are more frequent than
// a fiftieth of them; from then on naming gets one run for eight programs, in
// equal shares for all beginnings, so that what is frequent does not crowd out
// what is rare. It never stops: there may be a rare bug behind a frequent one.
class Lookalikes {
 public:
  void program_ran() { ++programs_; }
  // A program failed, and `part` is how its name will begin.
  bool worth_naming(const std::string& part);
  // It was named, in so many runs, and turned out to be known.
  void named(const std::string& part, std::size_t runs);

 private:
  struct Spent {
    std::uint64_t times = 0, runs = 0;
  };
  std::uint64_t programs_ = 0;
  std::map<std::string, Spent> spent_;  // by beginning
};

}  // namespace tidemark
