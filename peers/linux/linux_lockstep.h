// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs programs on a version of Linux's type1 and on the reference, and judges
// each difference: is it one that is known?
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "factories.h"
#include "known_differences.h"
#include "quirked_lockstep.h"
#include "registry.h"

namespace tidemark {

// What came of a program.
struct Verdict {
  // Of the difference that ended it; none if it ran to its end. Beside the
  // lockstep's: "linux.warn.FUNCTION", "linux.bug.FUNCTION", ...
  Signature signature;
  const KnownDifference* expected = nullptr;  // the entry that explains it
  std::size_t operation = 0;                  // index; the number of operations: after the last
  std::string report;                         // expected and actual
  // Quirks that it shows, and that it went on after: how each shows, the first one first.
  struct Passed {
    const KnownDifference* entry;
    Mismatch shown;
  };
  std::vector<Passed> passed;
  // Operations that waited for a window and have not been in any, from 0.
  std::vector<std::size_t> waiting;
};

// What a kernel that stops is, in the operation of this index; and one that is known to be so.
Mismatch mismatch_of(const LinuxStopped& stopped, std::size_t operation);
Mismatch explained(Mismatch mismatch, const KnownDifference& entry);

// A lockstep with the reference that has the quirks of the version. It ends where they
// differ after all, and where Linux cannot go on. Memory errors that are known are
// foreseen; others end the process.
//
// That a quirk shows in a program means: without it, and with all others, the two differ.
class LinuxLockstep final : public QuirkedLockstep {
 public:
  // Of the known differences those in `known` (registry.h) are mismatches, too, with the
  // entry's name as signature: one by name as soon as it shows; if all are, those that a
  // program goes on after when it comes to its end, and of these one that this process
  // has not been told to pass over (dedup.h), if there is one.
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
  LinuxLockstep(const LinuxVersion& version, std::string_view known, SubjectFactory make);
  const KnownDifference* entry_for(const Mismatch& found, bool compared) const;
  std::optional<Mismatch> ends_with(const Mismatch& found, const KnownDifference* entry);
  bool stops_rightly(const Operation& operation, const Mismatch& found);
  std::optional<Mismatch> shows(const std::optional<Mismatch>& found);
  void watch_the_top(std::span<const Step> steps);
  template <class Visit>
  void for_each_seen(Visit visit) const;
  std::optional<Mismatch> shown_by(const KnownDifference& entry) const;
  std::optional<Mismatch> came_to_its_end() const;

  const LinuxVersion& version_;
  const SubjectFactory make_;
  const std::string known_;
  // known_, if it has a quirk: that one is not this lockstep's, but the other's, which is
  // asked first.
  const KnownDifference* alone_;
  std::optional<QuirkedLockstep> with_it_;
  Program program_;        // as far as it has run
  std::size_t index_ = 0;  // of the operation that runs; their number: after the last
  bool at_the_top_ = false;
  Verdict verdict_;
  bool over_ = false;
};

}  // namespace tidemark
