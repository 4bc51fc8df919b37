// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs programs on a version of Linux's type1 and on the reference, and judges
// each difference: is it one that is expected?
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "factories.h"
#include "known_differences.h"
#include "lockstep.h"
#include "registry.h"
#include "taint.h"

namespace tidemark {

// What came of a program.
struct Verdict {
  // Of the difference that ended it; none if it ran to its end. Beside the
  // lockstep's: "linux.warn.FUNCTION", "linux.bug.FUNCTION", ...
  Signature signature;
  const KnownDifference* expected = nullptr;   // the entry that explains it
  std::size_t operation = 0;                   // index; the number of operations: after the last
  std::string report;                          // expected and actual
  std::vector<const KnownDifference*> passed;  // differences that it went on after, once each
};

// A lockstep that goes up to the first difference that is not expected, or that is
// and leaves the two in different states: what comes after it would only follow
// from it. Memory errors that are known are foreseen; others end the process.
class LinuxLockstep final : public Lockstep {
 public:
  // Of the expected differences those in `known` (registry.h) are mismatches, too,
  // with the entry's name as signature: one by name as soon as it shows; if all are,
  // those that a program goes on after when it comes to its end, and of these one
  // that this process has not been told to pass over (dedup.h), if there is one.
  explicit LinuxLockstep(const LinuxVersion& version, std::string_view known = "")
      : LinuxLockstep(version, known, version.make_careful) {}

  void begin(const Setup& setup) override;
  std::optional<Mismatch> step(const Operation& operation, const Expectation* expectation) override;
  std::optional<Mismatch> end() override;

  // run(), for those who want to know what was expected as well.
  Verdict judge(const Program& program);

  // The same in a child, and with nothing foreseen: memory errors have signatures,
  // too ("AddressSanitizer.KIND.FUNCTION", "hang").
  static Verdict run_apart(const LinuxVersion& version, const Program& program);

 private:
  LinuxLockstep(const LinuxVersion& version, std::string_view known, SubjectFactory make)
      : Lockstep(make, make_reference), version_(version), known_(known) {}
  bool tolerates(const Mismatch& found) override;
  // Its bits wander, and a page that it does not find stays dirty.
  bool is_precise() const override { return false; }
  bool ends_with(const Mismatch& found, bool compared);
  bool ends_with_warning();
  void pass(const KnownDifference& entry, const Mismatch& found);
  std::optional<Mismatch> came_to_its_end() const;
  bool counts(const KnownDifference& entry) const {
    return known_ == kAllKnown || known_ == entry.name;
  }
  std::optional<Mismatch> outcome() { return std::exchange(mismatch_, std::nullopt); }

  const LinuxVersion& version_;
  const std::string known_;
  Program program_;        // as far as it has run
  std::size_t index_ = 0;  // of the operation that runs; their number: after the last
  Taint taint_;
  Verdict verdict_;
  bool over_ = false;
  std::optional<Mismatch> mismatch_;  // if it is over
  std::vector<Mismatch> passed_;      // as verdict_.passed, if all known differences count
};

}  // namespace tidemark
