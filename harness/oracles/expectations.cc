// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "expectations.h"

#include <linux/vfio.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "info_reply.h"
#include "program_text.h"

namespace tidemark {
namespace {

std::uint64_t size_field(const WindowRun& run) {
  std::uint64_t size = 0;
  run.world.peek(&size, run.argument + offsetof(vfio_iommu_type1_dma_unmap, size), sizeof(size));
  return size;
}

void add_info(const Expectation& expected, const WindowRun& run, Expectation& got) {
  if (run.result != 0) return;
  Expectation all;
  add_info_reply(run.world, run.argument, all);
  for (std::size_t i = 0; i < kInfoFields; ++i)
    if (expected.info[i]) got.info[i] = all.info[i];
  if (expected.capabilities) got.capabilities = std::move(all.capabilities);
  if (expected.iova_ranges) got.iova_ranges = std::move(all.iova_ranges);
}

// What came out, as far as something was expected of it.
Expectation outcome(const Expectation& expected, const WindowRun& run) {
  Expectation got;
  if (expected.result) got.result = run.result;
  if (expected.size) got.size = size_field(run);
  if (expected.words) got.words = stored_words(run.bitmap, run.first_word);
  if (expected.is_of_info()) add_info(expected, run, got);
  return got;
}

}  // namespace

Expectation state_of(Executor& executor) {
  Expectation all;
  const auto totals = totals_of(executor.subject().sizes());
  std::ranges::copy(totals, all.totals.begin());
  State state;
  executor.subject().inspect(state);
  all.marks.emplace();
  for (const State::Run& run : state.marks)
    all.marks->emplace_back(run.first * kPageBytes, run.end * kPageBytes - 1);
  all.pins.emplace();
  for (const State::Pin& pin : state.pins) all.pins->emplace_back(pin.iova, pin.count);
  all.callbacks.emplace(executor.callbacks().begin(), executor.callbacks().end());
  const auto warnings = executor.warnings();
  all.warnings = {warnings.size(), {warnings.begin(), warnings.end()}};
  return all;
}

Expectation shown_by(Executor& executor, const Operation& operation, const Step& step) {
  Expectation all = state_of(executor);
  if (operation.verb == Verb::info && operation.when == When::now && step.result == 0)
    add_info_reply(executor.world(), step.argument, all);
  return all;
}

void Expectations::add_state(const Expectation& expected, Expectation& got) const {
  Expectation all = state_of(executor_);
  for (std::size_t i = 0; i < kTotals; ++i)
    if (expected.totals[i]) got.totals[i] = all.totals[i];
  if (expected.marks) got.marks = std::move(all.marks);
  if (expected.pins) got.pins = std::move(all.pins);
  if (expected.callbacks) got.callbacks = std::move(all.callbacks);
  if (expected.warnings) got.warnings = std::move(all.warnings);
  // Who expects how many does not ask which.
  if (expected.warnings && expected.warnings->functions.empty()) got.warnings->functions.clear();
}

void Expectations::reset() {
  waiting_.clear();
  unmet_.reset();
}

void Expectations::expect(std::size_t number, const Operation& operation, const Step& step,
                          const Expectation& expectation) {
  const World& world = executor_.world();
  if (operation.when == When::now) {
    check({operation.verb, expectation},
          {number, step.result, world, step.argument, world.bitmaps[0], executor_.bitmap_first()});
    return;
  }
  // Not before: an executor is faster if nobody watches it.
  if (!std::exchange(watches_, true)) executor_.watch(*this);
  waiting_[number] = {operation.verb, expectation};
}

void Expectations::check(const Waiting& waiting, const WindowRun& run) {
  Expectation got = outcome(waiting.expectation, run);
  if (waiting.expectation.is_of_state()) add_state(waiting.expectation, got);
  if (unmet_ || got == waiting.expectation) return;
  // In the same form, however it was typed.
  Expectation expected = waiting.expectation;
  expected.typed = {};
  unmet_ = {run.number, waiting.verb, print(expected), print(got)};
}

void Expectations::window_ran(const WindowRun& run) {
  const auto found = waiting_.find(run.number);
  if (found != waiting_.end()) check(found->second, run);
}

std::optional<Expectations::Unmet> Expectations::take() {
  return std::exchange(unmet_, std::nullopt);
}

std::optional<Expectations::Unmet> Expectations::never_ran() const {
  if (waiting_.empty()) return std::nullopt;
  for (const std::size_t number : executor_.waiting()) {
    const auto found = waiting_.find(number);
    if (found != waiting_.end())
      return Unmet{number, found->second.verb, print(found->second.expectation),
                   "nothing: its window never came, so that it has not run"};
  }
  return std::nullopt;
}

}  // namespace tidemark
