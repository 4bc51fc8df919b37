// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs programs on a version of Linux's type1 and on the reference, and judges
// each difference: is it one that is expected?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "expected.h"
#include "history.h"
#include "lockstep.h"

namespace tidemark {

// What came of a program.
struct Verdict {
  // Of the difference that ended it; empty if it ran to its end. Beside the
  // lockstep's: "linux.warn.FUNCTION", "linux.bug.FUNCTION", "linux.leak", ...
  std::string signature;
  const Expected* expected = nullptr;   // the entry that explains it
  std::size_t operation = 0;            // index; the number of operations: after the last
  std::string report;                   // expected and actual
  std::vector<const Expected*> passed;  // differences that it went on after, once each
};

class Comparison {
 public:
  explicit Comparison(const LinuxVersion& version) : Comparison(version, version.make_careful) {}

  // Up to the first difference that is not expected, or that is and leaves the
  // two in different states: what comes after it would only follow from it.
  // Memory errors that are known are foreseen; others end the process.
  Verdict run(const Program& program);

  // The same in a child, and with nothing foreseen: memory errors have signatures,
  // too ("AddressSanitizer.KIND.FUNCTION", "hang").
  static Verdict run_apart(const LinuxVersion& version, const Program& program);

  std::uint64_t operations() const { return lockstep_.operations(); }

 private:
  Comparison(const LinuxVersion& version, SubjectFactory make)
      : version_(version), lockstep_(make, make_reference) {}
  bool judge(const Difference& difference, Verdict& verdict);
  bool judge_warnings(const Program& program, std::size_t operation, Verdict& verdict);

  const LinuxVersion& version_;
  Lockstep lockstep_;
  History history_;
};

}  // namespace tidemark
