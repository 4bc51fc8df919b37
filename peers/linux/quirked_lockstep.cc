// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "quirked_lockstep.h"

#include <algorithm>

#include "linux_subject.h"

namespace tidemark {
namespace {

using reference::Stop;

Kind kind_of(Stop stop) { return stop == Stop::bug ? Kind::bug : Kind::deadlock; }

}  // namespace

std::optional<Mismatch> compare_warnings(Executor& linux, Executor& other, std::size_t operation) {
  const auto actual = linux.warnings(), expected = other.warnings();
  const auto [a, e] = std::ranges::mismatch(actual, expected);
  if (a == actual.end() && e == expected.end()) return std::nullopt;
  const auto text = [](bool none, auto function) {
    return none ? "no warning" : "a warning in " + std::string(*function);
  };
  Mismatch found;
  found.operation = operation;
  found.expected = text(e == expected.end(), e);
  found.actual = text(a == actual.end(), a);
  found.signature =
      said_by_linux(Kind::warn, a == actual.end() ? std::string(*e) : std::string(*a));
  return found;
}

// Linux has one store, whatever a program asks of the tracker.
void QuirkedLockstep::begin(const Setup& setup) {
  seen_ = {};
  other_store_ = setup.store != StoreKind::bitmap;
  Setup with_bitmap = setup;
  with_bitmap.store = StoreKind::bitmap;
  Lockstep::begin(with_bitmap);
  index_ = 0;
}

// A warning comes before what follows from it.
std::optional<Mismatch> QuirkedLockstep::step(const Operation& operation,
                                              const Expectation* expectation) {
  std::optional<Mismatch> found = Lockstep::step(operation, expectation);
  if (auto warning = compare_warnings(actual(), expected(), index_)) found = std::move(warning);
  if (!found && reference().stop() != Stop::none) found = did_not_stop();
  ++index_;
  return found;
}

bool QuirkedLockstep::should_stop(const Operation& operation, Kind how) {
  expected().run(operation);
  return reference().stop() != Stop::none && how == kind_of(reference().stop());
}

bool QuirkedLockstep::tolerates(const Mismatch& found) {
  switch (found.signature.kind) {
    case Kind::lost_page:
    case Kind::tracker_expectation:
    case Kind::reference_expectation:
    case Kind::no_window:
      return other_store_ || !seen_.empty();
    default:
      return false;
  }
}

Mismatch QuirkedLockstep::did_not_stop() {
  Mismatch found;
  found.signature = said_by_linux(kind_of(reference().stop()), "missing");
  found.operation = index_;
  found.expected = "the kernel stops: " + std::string(word(found.signature.kind));
  found.actual = "the call returns";
  return found;
}

}  // namespace tidemark
