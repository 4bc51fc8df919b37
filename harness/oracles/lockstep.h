// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs a program on two subjects, operation by operation, and compares all that
// can be seen of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "ablation.h"
#include "atomicity.h"
#include "costs.h"
#include "executor.h"
#include "expectations.h"
#include "migration.h"
#include "mismatch.h"
#include "precision.h"
#include "program.h"
#include "step_at.h"

namespace tidemark {

class Lockstep {
 public:
  // Whole states are compared after every so many operations, and at the end; those of
  // many mappings more rarely, so that what comparing costs an operation has a bound.
  // Where a mapping has 2^24 pages or more, only at the end; and there not if more than
  // 2^24 are marked and the user has no more room than a fuzzer's.
  static constexpr std::size_t kStateInterval = 16;
  // After each operation instead, so that it is known which one made them differ.
  // About half as fast.
  void compare_every_state(bool every) { every_state_ = every; }

  Lockstep(SubjectFactory make_actual, SubjectFactory make_expected)
      : make_actual_(std::move(make_actual)), make_expected_(std::move(make_expected)) {
    actual_.watch(migration_);
    actual_.watch(atomicity_);
    actual_.watch(precision_);
    actual_.watch(costs_);
  }
  virtual ~Lockstep() = default;

  // What these oracles see does not count: to find out what they are worth, not to
  // find bugs.
  void leave_out(const LeftOut& left_out) { left_out_ = left_out; }

  // Stops at the first mismatch. Reuses what it allocated. Before each step it says so in `at`,
  // if that is given.
  std::optional<Mismatch> run(const Program& program, StepAt* at = nullptr);

  // run() in its parts, for those who watch each operation.
  virtual void begin(const Setup& setup);
  virtual std::optional<Mismatch> step(const Operation& operation, const Expectation* expectation);
  virtual std::optional<Mismatch> end();

  // Has the reference's user mappings of which a state may have so many pages that
  // comparing takes seconds?
  bool takes_long_to_inspect();

  Executor& actual() { return actual_; }
  Executor& expected() { return expected_; }
  // Of the operation that ran last, on the actual subject.
  std::span<const Step> steps() const { return steps_; }
  std::uint64_t operations() const { return operations_; }  // run in all, windows included

 protected:
  // Asked of each mismatch that counts; if it answers yes, the program goes on as if
  // there were none. For subjects that are known to differ in what has no consequences.
  virtual bool tolerates(const Mismatch& /*found*/) { return false; }
  // Does the subject report no page that nobody could have written?
  virtual bool is_precise() const { return true; }

 private:
  std::optional<Mismatch> compare(const Operation& operation, std::span<const Step> expected);
  std::optional<Mismatch> compare_step(std::size_t number, const Step& expected);
  std::optional<Mismatch> compare_argument(const Operation& operation, const Step& step);
  std::optional<Mismatch> compare_bitmap(const Operation& operation, const Step& step);
  struct WordRange {
    std::int64_t first, end;
  };
  bool stored_in_vain(const Operation& operation, const Step& step) const;
  bool stored_outside() const;
  WordRange words_asked() const;
  std::optional<Mismatch> compare_locks(std::size_t operation);
  std::optional<Mismatch> compare_costs(std::size_t operation);
  std::optional<Mismatch> compare_sizes();
  Mismatch about_locked_pages(const Sizes& a, const Sizes& e) const;
  std::optional<Mismatch> reported_again(std::size_t operation);
  bool state_is_due();
  std::optional<Mismatch> compare_states();
  std::optional<Mismatch> compare_shown() const;
  std::optional<Mismatch> compare_memory();
  std::optional<Mismatch> compare_host();
  Mismatch state_mismatch(Kind kind) const;
  bool starved_pin() const;
  void show_where_memory_ended();
  std::optional<Mismatch> compare_marks_of_starved_pin();
  bool may_have_spare_marks();
  void show_spare_marks();
  void inspect_actual();
  std::size_t operation_before() const { return index_ ? index_ - 1 : 0; }
  static std::optional<Mismatch> unmet(const std::optional<Expectations::Unmet>& unmet, Kind kind);
  std::optional<Mismatch> compare_expectations();
  std::optional<Mismatch> expected_in_vain() const;
  std::optional<Mismatch> close();
  std::optional<Mismatch> come_to_the_end();
  std::optional<Mismatch> compare_left(const std::string& left, const std::string& due);
  Mismatch mismatch(Kind kind) const;
  Mismatch about_page(Kind kind, std::uint64_t page, const char* expected,
                      const char* actual) const;
  bool counts(const std::optional<Mismatch>& found) {
    if (!found) return false;
    if (!left_out_.empty() && left_out_.has(name(found->signature.oracle()))) return false;
    const bool passed = tolerates(*found);
    tolerated_ |= passed;
    return !passed;
  }

  SubjectFactory make_actual_, make_expected_;
  LeftOut left_out_{nullptr};
  bool every_state_ = false;
  std::size_t compared_ = 0;  // operations that had run when states were last compared
  Executor actual_, expected_;
  // The reference's would be the same: so are its memory and its answers.
  Migration migration_{actual_};
  Atomicity atomicity_;
  Precision precision_{actual_};
  Costs costs_{actual_};
  Expectations of_actual_{actual_}, of_expected_{expected_};  // the program's own
  std::span<const Step> steps_;
  State actual_state_, expected_state_;
  std::size_t index_ = 0;  // of the operation that runs
  std::uint64_t operations_ = 0;
  Verb verb_ = Verb::start;  // of the operation that runs
  bool tolerated_ = false;   // it was met with a difference that does not count
};

}  // namespace tidemark
