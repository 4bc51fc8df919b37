// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "migration.h"

#include <algorithm>
#include <bit>

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
  source_.mappings().each_in(answer.first, answer.last, [&](const LiveMapping& mapping) {
    const Part part = {std::max(mapping.first, answer.first), std::min(mapping.last, answer.last)};
    // Whichever is less to look at. A bit of a larger page stands for many.
    const std::uint64_t bytes = (part.last - part.first) / answer.page_bytes / 8;
    if (answer.page_bytes == GuestMemory::kPageBytes && bytes < memory().pages().size())
      copy_where_bits_are(answer, mapping, part);
    else
      copy_what_was_written(answer, mapping, part);
  });
}

// Also in a guard of the bitmap's area: that is where a range with more words than there is
// room for has some.
std::uint8_t Migration::bits_at(const Answer& answer, std::uint64_t byte) const {
  return source_.world().stored(answer.bitmap + byte).value_or(0);
}

void Migration::copy_what_was_written(const Answer& answer, const LiveMapping& mapping, Part part) {
  mapping.each_written(memory(), [&](std::uint64_t page) {
    const std::uint64_t iova = mapping.iova_of(page);
    if (iova < part.first || iova > part.last) return;
    const std::uint64_t bit = iova / answer.page_bytes - answer.first / answer.page_bytes;
    if (bits_at(answer, bit / 8) >> bit % 8 & 1) copy(page);
  });
}

// A bit is a page.
void Migration::copy_where_bits_are(const Answer& answer, const LiveMapping& mapping, Part part) {
  const std::uint64_t base = answer.first / answer.page_bytes;
  const std::uint64_t first = part.first / answer.page_bytes - base;
  const std::uint64_t last = part.last / answer.page_bytes - base;
  for (std::uint64_t byte = first / 8; byte <= last / 8; ++byte) {
    for (unsigned bits = bits_at(answer, byte); bits; bits &= bits - 1) {
      const std::uint64_t bit = byte * 8 + static_cast<unsigned>(std::countr_zero(bits));
      if (bit < first || bit > last) continue;
      const std::uint64_t page = mapping.page_at((base + bit) * answer.page_bytes);
      if (memory().find(page)) copy(page);
    }
  }
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
