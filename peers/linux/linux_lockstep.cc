// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "linux_lockstep.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "dedup.h"
#include "isolation.h"
#include "stack_traces.h"

namespace tidemark {
namespace {

constexpr unsigned kSeconds = 20;

std::string report_of(const Mismatch& mismatch) {
  return "expected  " + mismatch.expected + "\nactual    " + mismatch.actual + "\n";
}

// One with a quirk; null if there is none of that name.
const KnownDifference* quirk_named(std::string_view name) {
  const KnownDifference* entry = known_difference_named(name);
  return entry && entry->quirk ? entry : nullptr;
}

// `entry` may be null.
reference::Quirks quirks_but_for(const LinuxVersion& version, const KnownDifference* entry) {
  reference::Quirks quirks = quirks_of(version);
  if (entry) quirks.remove(*entry->quirk);
  return quirks;
}

}  // namespace

Mismatch mismatch_of(const LinuxStopped& stopped, std::size_t operation) {
  Mismatch mismatch;
  mismatch.signature = stopped.signature;
  mismatch.operation = operation;
  mismatch.expected = "the call returns";
  mismatch.actual = "the kernel stops: " + std::string(word(stopped.signature.kind)) + ", " +
                    stopped.signature.function;
  return mismatch;
}

Mismatch explained(Mismatch mismatch, const KnownDifference& entry) {
  mismatch.signature = named(entry.name);
  mismatch.known = std::string(entry.rule) + ": " + entry.reason;
  return mismatch;
}

LinuxLockstep::LinuxLockstep(const LinuxVersion& version, std::string_view known,
                             SubjectFactory make)
    : QuirkedLockstep(make, quirks_but_for(version, quirk_named(known))),
      version_(version),
      make_(make),
      known_(known),
      alone_(quirk_named(known)) {
  if (alone_) with_it_.emplace(make_, quirks_of(version));
}

void LinuxLockstep::begin(const Setup& setup) {
  program_.setup = setup;
  program_.operations.clear();
  index_ = 0;
  at_the_top_ = false;
  verdict_ = {};
  over_ = false;
  QuirkedLockstep::begin(setup);
  if (with_it_) with_it_->begin(setup);
}

std::optional<Mismatch> LinuxLockstep::step(const Operation& operation,
                                            const Expectation* expectation) {
  if (over_) return std::nullopt;
  index_ = program_.operations.size();
  program_.operations.push_back(operation);
  try {
    auto found = with_it_ ? with_it_->step(operation, expectation) : std::nullopt;
    watch_the_top(with_it_ ? with_it_->steps() : std::span<const Step>());
    if (found) return ends_with(*found, entry_for(*found, true));
    found = QuirkedLockstep::step(operation, expectation);
    watch_the_top(steps());
    return shows(found);
  } catch (const LinuxStopped& stopped) {
    const Mismatch found = mismatch_of(stopped, index_);
    return ends_with(found, stops_rightly(operation, found) ? entry_for(found, false) : nullptr);
  }
}

std::optional<Mismatch> LinuxLockstep::end() {
  if (over_) return std::nullopt;
  index_ = program_.operations.size();
  try {
    if (const auto found = with_it_ ? with_it_->end() : std::nullopt)
      return ends_with(*found, entry_for(*found, true));
    if (const auto found = shows(QuirkedLockstep::end())) return found;
  } catch (const LinuxStopped& stopped) {
    const Mismatch found = mismatch_of(stopped, index_);
    return ends_with(found, entry_for(found, false));
  }
  return known_ == kAllKnown ? came_to_its_end() : std::nullopt;
}

// What is foreseen does not come to pass, and where memory ran out is learnt from what an
// operation comes to: there is no telling.
bool LinuxLockstep::stops_rightly(const Operation& operation, const Mismatch& found) {
  const Kind how = found.signature.kind;
  const auto runs_out = [](const Operation& o) {
    return o.has_fault(FaultKind::allocation) && o.when != When::now;
  };
  if (how != Kind::bug && how != Kind::deadlock) return true;
  if (operation.has_fault(FaultKind::allocation)) return true;
  if (std::ranges::any_of(program_.operations, runs_out)) return true;
  return (with_it_ ? *with_it_ : *this).should_stop(operation, how);
}

// What this lockstep has met.
std::optional<Mismatch> LinuxLockstep::shows(const std::optional<Mismatch>& found) {
  if (!found) return std::nullopt;
  if (!alone_) return ends_with(*found, entry_for(*found, true));
  over_ = true;
  return explained(*found, *alone_);
}

// Such a mapping need not be there for long, nor be gone when the user thinks so. And the
// IOMMU may have been told of it.
void LinuxLockstep::watch_the_top(std::span<const Step> steps) {
  for (const Step& step : steps)
    at_the_top_ |= step.verb == Verb::map && (step.result == 0 || step.result == -EEXIST) &&
                   step.size && step.first + step.size == 0;
}

// If not `compared`, Linux said it of itself.
const KnownDifference* LinuxLockstep::entry_for(const Mismatch& found, bool compared) const {
  return find_known_difference(
      version_, {program_, index_, found.signature, compared ? &found : nullptr, at_the_top_});
}

// The program must end here. `entry` explains it, if it is not null.
std::optional<Mismatch> LinuxLockstep::ends_with(const Mismatch& found,
                                                 const KnownDifference* entry) {
  over_ = true;
  verdict_.signature = found.signature;
  verdict_.expected = entry;
  verdict_.operation = index_;
  verdict_.report = report_of(found);
  if (!entry) return found;
  if (known_ != kAllKnown && known_ != entry->name) return std::nullopt;
  return explained(found, *entry);
}

template <class Visit>
void LinuxLockstep::for_each_seen(Visit visit) const {
  for (const KnownDifference* entry : version_.known)
    if (entry->quirk && seen().has(*entry->quirk)) visit(*entry);
}

// What ends the program does so with all quirks.
std::optional<Mismatch> LinuxLockstep::shown_by(const KnownDifference& entry) const {
  try {
    auto shown = QuirkedLockstep(make_, quirks_but_for(version_, &entry)).run(program_);
    if (shown && shown->signature == verdict_.signature && report_of(*shown) == verdict_.report)
      return std::nullopt;
    return shown;
  } catch (const LinuxStopped&) {
    return std::nullopt;  // so does the program
  }
}

// What is new comes first; then what a reduced program was reduced for, which is what
// its last operation shows.
std::optional<Mismatch> LinuxLockstep::came_to_its_end() const {
  std::optional<Mismatch> best;
  const auto rank = [this](const Mismatch& shown) {
    return std::pair(shown.operation < program_.operations.size(), shown.operation);
  };
  for (const bool reported : {false, true}) {
    for_each_seen([&](const KnownDifference& entry) {
      if (is_reported(subject_label(version_.name) + "." + entry.name) != reported) return;
      const auto shown = shown_by(entry);
      if (shown && (!best || rank(*shown) >= rank(*best))) best = explained(*shown, entry);
    });
    if (best) break;
  }
  if (best) best->pages.clear();  // all is released: nobody can look at them
  return best;
}

Verdict LinuxLockstep::judge(const Program& program) {
  run(program);
  verdict_.waiting = actual().waiting();
  for_each_seen([&](const KnownDifference& entry) {
    if (auto shown = shown_by(entry)) verdict_.passed.push_back({&entry, std::move(*shown)});
  });
  std::ranges::sort(verdict_.passed, {}, [](const Verdict::Passed& passed) {
    return std::pair(passed.shown.operation, passed.entry);
  });
  return verdict_;
}

Verdict LinuxLockstep::run_apart(const LinuxVersion& version, const Program& program) {
  const Ending ending = tidemark::run_apart(
      [&] {
        const Verdict verdict = LinuxLockstep(version, "", version.make).judge(program);
        if (!verdict.signature) return;
        std::fprintf(stderr, "operation: %zu\nentry: %s\n%s", verdict.operation,
                     verdict.expected ? verdict.expected->name : "", verdict.report.c_str());
        std::fprintf(stderr, "Assertion failure: %s\n", print(verdict.signature).c_str());
        _Exit(1);
      },
      kSeconds);
  Verdict verdict;
  const std::string& said = ending.said;
  const Verdict foreseen = LinuxLockstep(version).judge(program);
  verdict.passed = foreseen.passed;
  verdict.waiting = foreseen.waiting;
  if (ending.fine) return verdict;
  verdict.signature = signature_of(ending, kType1Source);
  verdict.operation = program.operations.size();
  if (const auto at = said.find("operation: "); at != std::string::npos) {
    verdict.operation = std::strtoull(said.c_str() + at + 11, nullptr, 10);
    const auto entry = said.find("entry: ") + 7;
    const auto line_end = said.find('\n', entry);
    verdict.expected = known_difference_named(said.substr(entry, line_end - entry));
    verdict.report = said.substr(line_end + 1, said.find("Assertion failure") - line_end - 1);
  } else {  // which operation it was is not known
    verdict.report = symbolized(said, kType1Source);
    verdict.expected = find_known_difference(
        version, {program, verdict.operation, verdict.signature, nullptr, false});
  }
  // However it shows that it has come.
  if (foreseen.signature.kind == Kind::foreseen) verdict.expected = foreseen.expected;
  return verdict;
}

}  // namespace tidemark
