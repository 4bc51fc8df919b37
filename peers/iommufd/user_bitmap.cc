// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "user_bitmap.h"

#include <algorithm>
#include <bit>

#include "iommufd_kernel.h"

namespace tidemark::iommufd {
namespace {

constexpr std::uint64_t kMostPinned = 512;            // pages, in a window
constexpr int kMostWindows = 2 * IOMMUFD_USER_PAGES;  // of one entry, if they come to an end

std::uint64_t pages_of(std::uint64_t bytes) { return (bytes + kPage - 1) / kPage; }

}  // namespace

UserBitmap::UserBitmap(const Operation& query, UserMemory memory, Quirks quirks)
    : query_(query),
      memory_(memory),
      quirks_(quirks),
      shift_(static_cast<unsigned>(std::countr_zero(query.page_bytes))),
      bytes_(((query.bytes - 1) >> shift_) / 8 + 1) {}

// In words of 64 bits.
bool UserBitmap::there() const {
  const std::uint64_t end = query_.at + (bytes_ + 7) / 8 * 8;
  const auto missing = static_cast<std::uint64_t>(memory_.missing);
  return end <= memory_.pages * kPage &&
         (memory_.missing < 0 || missing < query_.at / kPage || missing >= pages_of(end));
}

void UserBitmap::set(std::uint64_t first, std::uint64_t bytes) {
  std::uint64_t last = last_of(first, bytes);
  if (!quirks_.has(Quirk::begins_before)) first = std::max(first, query_.iova);
  if (!quirks_.has(Quirk::beyond_the_end))
    last = std::min(last, last_of(query_.iova, query_.bytes));
  if (first < query_.iova) acted_.add(Quirk::begins_before);
  set_piecewise(first, last - first + 1);
}

bool UserBitmap::Window::holds(std::uint64_t first, std::uint64_t bytes) const {
  return first_byte != end_byte && first >= iova && last_of(first, bytes) <= last;
}

// From the byte with the iova's bit on; false if that is behind the bitmap, or cannot be pinned.
// What is before the range is far behind it.
bool UserBitmap::pin_for(std::uint64_t iova) {
  const std::uint64_t byte = ((iova - query_.iova) >> shift_) / 8;
  if (byte >= bytes_) return false;
  const std::uint64_t address = query_.at + byte, offset = address % kPage;
  const std::uint64_t wanted = std::min(pages_of(bytes_ - byte) + (offset ? 1 : 0), kMostPinned);
  std::uint64_t pinned = 0;
  while (pinned < wanted && address / kPage + pinned < memory_.pages &&
         static_cast<std::int64_t>(address / kPage + pinned) != memory_.missing)
    ++pinned;
  window_ = {byte, byte, 0, 0};
  if (pinned == 0) {
    acted_.add(Quirk::missing_memory);
    return false;
  }
  window_.end_byte = byte + pinned * kPage - offset;
  window_.iova = query_.iova + (byte * 8 << shift_);
  const std::uint64_t covered = std::min(bytes_, window_.end_byte) - byte;
  window_.last = last_of(window_.iova, covered * 8 << shift_);
  // As Linux, which does not see that it wraps.
  window_.last = std::min(window_.last, last_of(query_.iova, query_.bytes));
  return true;
}

void UserBitmap::set_piecewise(std::uint64_t first, std::uint64_t bytes) {
  for (int windows = 0; ends_; ++windows) {
    ends_ = windows < kMostWindows;
    if (!window_.holds(first, bytes) && !pin_for(first)) return;
    // Counted from the beginning of the window's first page, as Linux does: of 0 bytes, the last
    // bit is the one before the first, or the largest there is.
    const Bit skipped = (query_.at + window_.first_byte) % kPage * 8;
    const Bit base = window_.first_byte * 8 - skipped, end = window_.end_byte * 8 - base;
    const Bit from = skipped + ((first - window_.iova) >> shift_);
    const Bit to = skipped + ((last_of(first, bytes) - window_.iova) >> shift_);
    if (from <= std::min(to, end - 1)) store(base + from, base + std::min(to, end - 1));
    if (to < end) return;
    const std::uint64_t left = (to - end + 1) << shift_;
    first += bytes - left;
    bytes = left;
  }
}

void UserBitmap::store(Bit first, Bit last) {
  const Bit bits = (query_.bytes + query_.page_bytes - 1) / query_.page_bytes;
  if (last >= bits)
    acted_.add(std::has_single_bit(query_.page_bytes) ? Quirk::beyond_the_end : Quirk::odd_page);
  const Bit base = query_.at * 8;
  stored_.add(BitInterval(base + first, base + last + 1));
}

}  // namespace tidemark::iommufd
