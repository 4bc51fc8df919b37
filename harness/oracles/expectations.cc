// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "expectations.h"

#include <linux/vfio.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "program_text.h"

namespace tidemark {
namespace {

std::uint64_t size_field(const ArgumentArea& argument) {
  std::uint64_t size = 0;
  std::memcpy(
      &size,
      argument.bytes.data() + ArgumentArea::kGuard + offsetof(vfio_iommu_type1_dma_unmap, size),
      sizeof(size));
  return size;
}

// What came out, as far as something was expected of it.
Expectation outcome(const Expectation& expected, const WindowRun& run) {
  Expectation got;
  if (expected.result) got.result = run.result;
  if (expected.size) got.size = size_field(run.argument);
  if (expected.words) got.words = stored_words(run.bitmap, run.first_word);
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
  return all;
}

void Expectations::add_state(const Expectation& expected, Expectation& got) const {
  Expectation all = state_of(executor_);
  for (std::size_t i = 0; i < kTotals; ++i)
    if (expected.totals[i]) got.totals[i] = all.totals[i];
  if (expected.marks) got.marks = std::move(all.marks);
  if (expected.pins) got.pins = std::move(all.pins);
  if (expected.callbacks) got.callbacks = std::move(all.callbacks);
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
          {number, step.result, world.arguments[0], world.bitmaps[0], executor_.bitmap_first()});
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
  unmet_ = {run.number, waiting.verb, print(waiting.expectation), print(got)};
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
                   "nothing: its window never came"};
  }
  return std::nullopt;
}

}  // namespace tidemark
