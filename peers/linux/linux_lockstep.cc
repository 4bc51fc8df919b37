// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "linux_lockstep.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "dedup.h"
#include "isolation.h"

namespace tidemark {
namespace {

constexpr unsigned kSeconds = 20;

std::string report_of(const Mismatch& mismatch) {
  return "expected  " + mismatch.expected + "\nactual    " + mismatch.actual + "\n";
}

LinuxSubject& linux_of(Lockstep& lockstep) {
  return static_cast<LinuxSubject&>(lockstep.actual().subject());
}

Mismatch mismatch_of(const LinuxStopped& stopped, std::size_t operation) {
  Mismatch mismatch;
  mismatch.signature = stopped.signature;
  mismatch.operation = operation;
  mismatch.expected = "the call returns";
  mismatch.actual = "the kernel stops: " + std::string(word(stopped.signature.kind)) + ", " +
                    stopped.signature.function;
  return mismatch;
}

// As one that is known to be so.
Mismatch explained(Mismatch mismatch, const KnownDifference& entry) {
  mismatch.signature = named(entry.name);
  mismatch.known = std::string(entry.rule) + ": " + entry.reason;
  return mismatch;
}

}  // namespace

void LinuxLockstep::begin(const Setup& setup) {
  program_.setup = setup;
  program_.operations.clear();
  index_ = 0;
  taint_.begin();
  verdict_ = {};
  over_ = false;
  mismatch_.reset();
  passed_.clear();
  Lockstep::begin(setup);
}

std::optional<Mismatch> LinuxLockstep::step(const Operation& operation,
                                            const Expectation* expectation) {
  if (over_) return std::nullopt;
  index_ = program_.operations.size();
  program_.operations.push_back(operation);
  taint_.before(*this);
  try {
    if (!Lockstep::step(operation, expectation)) {
      taint_.settle(operation, *this);
      ends_with_warning();
    }
  } catch (const LinuxStopped& stopped) {
    ends_with(mismatch_of(stopped, index_), false);
  }
  return outcome();
}

std::optional<Mismatch> LinuxLockstep::end() {
  if (over_) return std::nullopt;
  index_ = program_.operations.size();
  try {
    Lockstep::end();
  } catch (const LinuxStopped& stopped) {
    ends_with(mismatch_of(stopped, index_), false);
  }
  return over_ ? outcome() : came_to_its_end();
}

bool LinuxLockstep::tolerates(const Mismatch& found) {
  if (index_ < program_.operations.size())
    taint_.note(program_.operations[index_], *this);
  else
    taint_.note_closing(steps());
  // A warning comes before what follows from it. What is left after the release
  // comes from a subject that is gone.
  if (found.signature.kind != Kind::leak && ends_with_warning()) return false;
  return !ends_with(found, true);
}

// True if the program must end here. If not `compared`, Linux said it of itself.
bool LinuxLockstep::ends_with(const Mismatch& found, bool compared) {
  const KnownDifference* entry = find_known_difference(
      version_, {program_, index_, found.signature, compared ? &found : nullptr, this, &taint_});
  // What comes after it in a window has not been compared.
  const bool in_window = found.signature.moment == Moment::window;
  if (entry && entry->goes_on && !in_window && known_ != entry->name) {
    pass(*entry, found);
    return false;
  }
  over_ = true;
  verdict_.signature = found.signature;
  verdict_.expected = entry;
  verdict_.operation = index_;
  verdict_.report = report_of(found);
  if (!entry) mismatch_ = found;
  if (entry && counts(*entry)) mismatch_ = explained(found, *entry);
  return true;
}

bool LinuxLockstep::ends_with_warning() {
  for (const std::string& function : linux_of(*this).take_warnings()) {
    Mismatch found;
    found.signature = said_by_linux(Kind::warn, function);
    found.operation = index_;
    found.expected = "no warning";
    found.actual = "a warning in " + function;
    if (ends_with(found, false)) return true;
  }
  return false;
}

void LinuxLockstep::pass(const KnownDifference& entry, const Mismatch& found) {
  if (std::ranges::count(verdict_.passed, &entry)) return;
  verdict_.passed.push_back(&entry);
  if (counts(entry)) passed_.push_back(explained(found, entry));
}

// What is new comes first; then what a reduced program was reduced for, which is what
// its last operation shows.
std::optional<Mismatch> LinuxLockstep::came_to_its_end() const {
  const auto rank = [this](const Mismatch& passed) {
    const bool is_new = !is_reported(std::string(version_.name) + "." + print(passed.signature));
    return std::pair(is_new, passed.operation < program_.operations.size());
  };
  std::optional<Mismatch> best;
  for (const Mismatch& passed : passed_)
    if (!best || rank(passed) >= rank(*best)) best = passed;
  if (best) best->pages.clear();  // all is released: nobody can look at them
  return best;
}

Verdict LinuxLockstep::judge(const Program& program) {
  run(program);
  return verdict_;
}

Verdict LinuxLockstep::run_apart(const LinuxVersion& version, const Program& program) {
  const Ending ending = tidemark::run_apart(
      [&] {
        const Verdict verdict = LinuxLockstep(version, "", version.make).judge(program);
        for (const KnownDifference* entry : verdict.passed)
          std::fprintf(stderr, "passed: %s\n", entry->name);
        if (!verdict.signature) return;
        std::fprintf(stderr, "operation: %zu\nentry: %s\n%s", verdict.operation,
                     verdict.expected ? verdict.expected->name : "", verdict.report.c_str());
        std::fprintf(stderr, "Assertion failure: %s\n", print(verdict.signature).c_str());
        _Exit(1);
      },
      kSeconds);
  Verdict verdict;
  const auto entry_named = [](const std::string& name) -> const KnownDifference* {
    for (const KnownDifference& entry : known_differences())
      if (name == entry.name) return &entry;
    return nullptr;
  };
  const std::string& said = ending.said;
  for (std::size_t at = 0; (at = said.find("passed: ", at)) != std::string::npos; at += 8)
    verdict.passed.push_back(entry_named(said.substr(at + 8, said.find('\n', at) - at - 8)));
  if (ending.fine) return verdict;
  verdict.signature = signature_of(ending, kType1Source);
  verdict.operation = program.operations.size();
  if (const auto at = said.find("operation: "); at != std::string::npos) {
    verdict.operation = std::strtoull(said.c_str() + at + 11, nullptr, 10);
    const auto entry = said.find("entry: ") + 7;
    const auto line_end = said.find('\n', entry);
    verdict.expected = entry_named(said.substr(entry, line_end - entry));
    verdict.report = said.substr(line_end + 1, said.find("Assertion failure") - line_end - 1);
  } else {  // which operation it was is not known
    verdict.report = symbolized(said);
    verdict.expected = find_known_difference(
        version, {program, verdict.operation, verdict.signature, nullptr, nullptr, nullptr});
  }
  // However it shows that it has come.
  if (const Verdict foreseen = LinuxLockstep(version).judge(program);
      foreseen.signature.kind == Kind::foreseen)
    verdict.expected = foreseen.expected;
  return verdict;
}

}  // namespace tidemark
