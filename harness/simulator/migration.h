// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// An oracle that knows nothing of the contract's wording: a live migration. It
// plays the hypervisor beside a running program. When tracking starts it copies
// all memory; whatever a query or an unmap reports it copies again; at the end
// the copy must equal the memory, byte by byte, or a page was lost (N1).
//
// It trusts only what its user sees: bitmaps, return codes, its own mappings.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "guest_memory.h"
#include "world.h"

namespace tidemark {

// A mapping as its user knows it.
struct LiveMapping {
  std::uint64_t first = 0, last = 0;  // bytes, inclusive
  std::uint64_t vaddr = 0;
  bool readable = false, writable = false;

  // Of pages of user memory, by number.
  bool holds(std::uint64_t page) const {
    const std::uint64_t address = page * GuestMemory::kPageBytes;
    return address >= vaddr && address - vaddr <= last - first;
  }
  std::uint64_t iova_of(std::uint64_t page) const {
    return first + (page * GuestMemory::kPageBytes - vaddr);
  }
};

// What a bitmap answers for.
struct Answer {
  std::uint64_t first, last;  // bytes, inclusive
  std::uint64_t page_bytes;   // of one bit
  std::uint64_t first_word;   // which word of the bitmap is the area's first
  bool operator==(const Answer&) const = default;
};

class Migration {
 public:
  void reset();
  bool running() const { return running_; }

  // START took effect: everything is copied once.
  void start(const GuestMemory& memory);
  // STOP: given up.
  void stop() { running_ = false; }
  // A query or an unmap was answered in `bitmap`. Cost: pages ever written times
  // mappings.
  void copy_reported(const GuestMemory& memory, std::span<const LiveMapping> mappings,
                     const BitmapArea& bitmap, const Answer& answer);
  // A mapping went, and its marks with it: a careful user takes all of it for dirty.
  void copy_mapping(const GuestMemory& memory, const LiveMapping& mapping);
  // So does one who cannot ask for [first, last].
  void copy_range(const GuestMemory& memory, std::span<const LiveMapping> mappings,
                  std::uint64_t first, std::uint64_t last);

  // After the last query: the number of a page (of user memory, 4 KiB) in which
  // source and destination differ.
  std::optional<std::uint64_t> lost_page(const GuestMemory& memory) const;

 private:
  void copy(const GuestMemory& memory, std::uint64_t page);

  bool running_ = false;
  GuestMemory destination_;
};

}  // namespace tidemark
