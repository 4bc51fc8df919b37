// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "linux_comparison.h"

#include <utility>

#include "quirked_lockstep.h"

namespace tidemark {
namespace {

Mismatch one_stops(const Signature& how, std::size_t operation, bool base) {
  constexpr const char* kReturns = "the call returns";
  const std::string stops =
      "the kernel stops: " + std::string(word(how.kind)) + ", " + how.function;
  Mismatch found;
  found.signature = base ? said_by_linux(how.kind, "missing") : how;
  found.operation = operation;
  found.expected = base ? stops : kReturns;
  found.actual = base ? kReturns : stops;
  return found;
}

}  // namespace

LinuxComparison::~LinuxComparison() { let_go(); }

// Of what a program has left a release may stop, too; afterwards, there is nothing to release.
void LinuxComparison::let_go() {
  for (Executor* linux : {&actual(), &expected()}) {
    try {
      linux->release();
    } catch (const LinuxStopped&) {
      continue;  // it takes no more calls
    }
  }
}

void LinuxComparison::begin(const Setup& setup) {
  let_go();
  index_ = 0;
  over_ = false;
  Lockstep::begin(setup);
}

std::optional<Mismatch> LinuxComparison::step(const Operation& operation, const Expectation*) {
  if (over_) return std::nullopt;
  try {
    std::optional<Mismatch> found = Lockstep::step(operation, nullptr);
    if (auto warning = compare_warnings(actual(), expected(), index_)) found = std::move(warning);
    over_ = found.has_value();
    ++index_;
    return by_name(std::move(found));
  } catch (const LinuxStopped& stop) {
    over_ = true;
    auto found = stopped(operation, stop);
    return found && found->known.empty() ? by_name(std::move(found)) : found;
  }
}

std::optional<Mismatch> LinuxComparison::end() {
  if (over_) return std::nullopt;
  try {
    return by_name(Lockstep::end());
  } catch (const LinuxStopped&) {
    return std::nullopt;  // in a query of its own: no operation of the program's
  }
}

// Neither is what should be: each is what one of them does.
std::optional<Mismatch> LinuxComparison::by_name(std::optional<Mismatch> found) const {
  if (!found) return found;
  found->expected = subject_label(base_.name) + ": " + found->expected;
  found->actual = subject_label(version_.name) + ": " + found->actual;
  return found;
}

// The base runs an operation after the other has.
std::optional<Mismatch> LinuxComparison::stopped(const Operation& operation,
                                                 const LinuxStopped& stopped) {
  if (stopped.signature.kind == Kind::foreseen) return both_stop(stopped.signature);
  if (stopped.who == &expected().subject()) return one_stops(stopped.signature, index_, true);
  try {
    expected().run(operation);
  } catch (const LinuxStopped& too) {
    if (too.signature == stopped.signature || too.signature.kind == Kind::foreseen)
      return both_stop(too.signature);
  }
  return one_stops(stopped.signature, index_, false);
}

// What is foreseen of one would be of the other, for all that is known.
std::optional<Mismatch> LinuxComparison::both_stop(const Signature& how) const {
  if (!all_known_) return std::nullopt;
  Mismatch found;
  found.signature = named("both-stop");
  found.operation = index_;
  found.known = "both stop here: " + std::string(word(how.kind)) + ", " + how.function;
  return found;
}

// What the host's books say is wrong with it is wrong with the base as well.
bool LinuxComparison::base_has_it(const Mismatch& found) {
  State shown;
  expected().subject().inspect(shown);
  const auto of_base = expected().subject().audit(shown);
  return of_base && of_base->expected == found.expected && of_base->actual == found.actual;
}

bool LinuxComparison::tolerates(const Mismatch& found) {
  switch (found.signature.kind) {
    case Kind::lost_page:
    case Kind::no_window:
      return true;
    case Kind::iommu:
    case Kind::pinned_memory:
      return base_has_it(found);
    default:
      return false;
  }
}

}  // namespace tidemark
