// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a program itself says must come out (Expectation), held against what does: at
// once, or, of an operation that waits for a window, when it runs in one.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "executor.h"
#include "program.h"
#include "watcher.h"

namespace tidemark {

// All that can be expected of a subject's state, and the callbacks and warnings of the
// operation before. Cost: as of Subject::inspect().
Expectation state_of(Executor& executor);
// The same, and what GET_INFO said if this was `operation`, of which `step` came.
Expectation shown_by(Executor& executor, const Operation& operation, const Step& step);

class Expectations final : public Watcher {
 public:
  explicit Expectations(Executor& executor) : executor_(executor) {}

  // An expectation that was not met.
  struct Unmet {
    std::size_t operation;  // whose it was, from 0
    Verb verb;
    std::string expected, actual;
  };

  void reset();
  // Of operation number `number`, which has just run, or been put by for a window.
  void expect(std::size_t number, const Operation& operation, const Step& step,
              const Expectation& expectation);
  // The first since it was last asked that was not met.
  std::optional<Unmet> take();
  // The program is over: of the operations that still wait, the first that something was
  // expected of.
  std::optional<Unmet> never_ran() const;

  void window_ran(const WindowRun& run) override;

 private:
  struct Waiting {
    Verb verb;
    Expectation expectation;
  };
  void check(const Waiting& waiting, const WindowRun& run);
  // What else was expected.
  void add_state(const Expectation& expected, Expectation& got) const;

  Executor& executor_;
  bool watches_ = false;
  std::map<std::size_t, Waiting> waiting_;  // by the operation's number
  std::optional<Unmet> unmet_;
};

}  // namespace tidemark
