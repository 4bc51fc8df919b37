// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs programs on a version of Linux's type1 and on the reference with quirks: they
// must be equal, warnings included.
#pragma once

#include <optional>

#include "lockstep.h"
#include "quirked_reference.h"

namespace tidemark {

// Of the operation that both ran last: did the one warn where the other did not?
std::optional<Mismatch> compare_warnings(Executor& linux, Executor& other, std::size_t operation);

class QuirkedLockstep : public Lockstep, private Watcher {
 public:
  QuirkedLockstep(SubjectFactory make_linux, reference::Quirks quirks)
      : Lockstep(make_linux, make_quirked_reference), quirks_(quirks) {
    expected().watch(*this);
  }
  QuirkedLockstep(const QuirkedLockstep&) = delete;
  QuirkedLockstep& operator=(const QuirkedLockstep&) = delete;

  // As Lockstep's, but throws LinuxStopped where Linux cannot go on.
  void begin(const Setup& setup) override;
  std::optional<Mismatch> step(const Operation& operation, const Expectation* expectation) override;

  // Linux has stopped in this operation. Should it have, and in this way? No allocation was
  // told to fail in it.
  bool should_stop(const Operation& operation, Kind how);

  // Of the program so far; see QuirkedReference.
  reference::Quirks seen() const { return seen_; }

 protected:
  // What follows from a quirk that both have: a page is lost, or the program expects
  // what the contract says.
  bool tolerates(const Mismatch& found) override;
  // Its bits wander, and what it does not find stays dirty.
  bool is_precise() const override { return false; }

 private:
  // Of the reference, also at the destination of a migration.
  void subject_made() override { reference().behave_as(quirks_, seen_); }
  QuirkedReference& reference() { return static_cast<QuirkedReference&>(expected().subject()); }
  Mismatch did_not_stop();

  bool other_store_ = false;  // asked for
  reference::Quirks quirks_, seen_;
  std::size_t index_ = 0;  // of the operation that runs
};

}  // namespace tidemark
