// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "expectations.h"

#include <linux/vfio.h>

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
  if (!expected.words) return got;
  got.words.emplace();
  for (const std::int64_t index : run.bitmap.touched())
    got.words->emplace_back(static_cast<std::uint64_t>(index + run.first_word),
                            run.bitmap.word(index));
  return got;
}

}  // namespace

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
  const Expectation got = outcome(waiting.expectation, run);
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
