// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "migration.h"

namespace tidemark {

void Migration::reset() {
  running_ = false;
  destination_.clear();
}

void Migration::copy(std::uint64_t page) { destination_.assign(page, *memory().find(page)); }

void Migration::tracking_switched(bool on) {
  const bool starts = on && !running_;
  running_ = on;
  if (!starts) return;
  destination_.clear();
  for (const std::uint64_t page : memory().pages()) copy(page);
}

void Migration::answered(const Answer& answer) {
  if (!running_) return;
  each_written(answer.first, answer.last, [&](std::uint64_t iova, std::uint64_t page) {
    const std::uint64_t bit = iova / answer.page_bytes - answer.first / answer.page_bytes;
    // Also in a guard of the bitmap's area: that is where a range with more words than
    // there is room for has some.
    const auto byte = source_.world().stored(answer.bitmap + bit / 8);
    if (byte && *byte >> bit % 8 & 1) copy(page);
  });
}

void Migration::answer_written(std::uint64_t user_page) {
  if (running_) copy(user_page);
}

void Migration::mapping_dropped(const LiveMapping& mapping) {
  if (!running_) return;
  mapping.each_written(memory(), [&](std::uint64_t page) { copy(page); });
}

std::optional<std::uint64_t> Migration::lost_page() const {
  static constexpr GuestMemory::PageData kZero = {};
  if (!running_) return std::nullopt;
  for (const std::uint64_t page : memory().pages()) {
    const GuestMemory::PageData* copy = destination_.find(page);
    if (*memory().find(page) == (copy ? *copy : kZero)) continue;
    for (const auto& [age, mapping] : source_.mappings().by_age())
      if (mapping.holds(page)) return mapping.iova_of(page);
    return page * kPageBytes;
  }
  return std::nullopt;
}

}  // namespace tidemark
