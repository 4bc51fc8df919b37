// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "precision.h"

#include <algorithm>

namespace tidemark {
namespace {

constexpr std::uint64_t kPagesOfAnAnswer = 256;
constexpr std::size_t kMostSettled = 512;

}  // namespace

void Precision::reset() {
  settled_.clear();
  again_.reset();
  blind_ = false;
}

bool Precision::is_reported(const Answer& answer, std::uint64_t page) const {
  const std::uint64_t bit = page - answer.first / kPageBytes;
  const auto byte = source_.world().stored(answer.bitmap + bit / 8);
  return byte && *byte >> bit % 8 & 1;
}

// A hardware group, whether or not it says what it pins: what it does is not looked into.
bool Precision::somebody_writes_unseen() const {
  return std::ranges::any_of(source_.groups(), [](GroupState group) {
    return group == GroupState::hardware || group == GroupState::hardware_pinned;
  });
}

void Precision::answered(const Answer& answer) {
  // Elsewhere than in its own area there may be bytes that are not the answer's.
  const bool in_its_area = source_.bitmap_first() == 0 && answer.bitmap % 8 == 0;
  if (blind_ || answer.page_bytes != kPageBytes || !in_its_area) return settled_.clear();
  const std::uint64_t first = answer.first / kPageBytes, last = answer.last / kPageBytes;
  for (const std::uint64_t page : settled_)
    if (page >= first && page <= last && is_reported(answer, page) && !again_)
      again_ = page * kPageBytes;
  if (somebody_writes_unseen() || settled_.size() > kMostSettled) return settled_.clear();
  for (std::uint64_t page = first; page <= std::min(last, first + (kPagesOfAnAnswer - 1)); ++page)
    if (is_reported(answer, page) && !source_.holds(page) && !std::ranges::count(settled_, page))
      settled_.push_back(page);
}

void Precision::may_be_written(std::uint64_t first, std::uint64_t size) {
  const std::uint64_t last = first + (size - 1);
  if (last < first) return settled_.clear();
  std::erase_if(settled_, [&](std::uint64_t page) {
    return page >= first / kPageBytes && page <= last / kPageBytes;
  });
}

void Precision::operation_runs(const Operation& operation, const Step& step) {
  // Of another argument than its own the user does not know what it did, and a bitmap
  // elsewhere may be that of a call in whose window it is.
  blind_ |= operation.bent(Field::argument) || operation.bent(Field::bitmap_pointer);
  if (step.went_without) settled_.clear();  // there may be spare marks (D23)
  if (settled_.empty()) return;
  switch (operation.verb) {
    // Other flags may make it a START.
    case Verb::query:
      if (operation.bent(Field::flags)) settled_.clear();
      return;
    case Verb::read:
    case Verb::unpin:
    case Verb::info:
    case Verb::extension:
    case Verb::memlock:
    case Verb::mlock:
    case Verb::exit:
    case Verb::exec:
    case Verb::enroll:
    case Verb::withdraw:
      return;
    // Be it that they failed: what they have done by then stays (R9).
    case Verb::write:
    case Verb::pin:
      return may_be_written(step.first, step.size);
    default:
      return settled_.clear();
  }
}

}  // namespace tidemark
