// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which page of the host each page of user memory is.
//
// User memory is made of blocks. Inside a block, host pages follow each other as
// user pages do; two blocks that are neighbours in the one are not in the other.
// So an IOMMU gets a mapping in as many runs as it has blocks. There are zones
// with blocks of as many pages as IOMMUs have in one of theirs, small enough that
// a mapping over all of them has 640 blocks; then one large block that is aligned to
// no more than a page in the host; the terabytes behind it have one block more each
// time that the distance from the start of memory grows by half, and are aligned to
// half of it.
#pragma once

#include <array>
#include <cstdint>

namespace tidemark {

inline constexpr std::uint64_t kPageBytes = 4096;  // of the host, and so of users and programs

// The user's memory. Everything else faults, but for arguments and bitmaps.
inline constexpr std::uint64_t kRamFirst = std::uint64_t{1} << 44;
inline constexpr std::uint64_t kRamLast = 3 * kRamFirst - 1;

// Page numbers are addresses divided by 4096. Both are one to one, and name any
// page outside of the memory as itself.
std::uint64_t host_page_of(std::uint64_t user_page);
std::uint64_t user_page_of(std::uint64_t host_page);

// How many of the `pages` user pages from `user_page` on follow each other in the
// host, at least 1. O(1).
std::uint64_t host_run(std::uint64_t user_page, std::uint64_t pages);

// Hands out user memory that nobody has been given yet.
class FreshMemory {
 public:
  static constexpr unsigned kZones = 5;

  FreshMemory() { reset(); }
  void reset();
  // Where the next so many bytes are, in whole blocks of the largest size that
  // divides them, which are whole pages of an IOMMU with pages of `page_bytes` (a power
  // of two, up to 2^40) if those divide them: it can map them. Behind the zones if they
  // are too many, or these pages are of another size or larger; there, and only there,
  // it begins again when all is used up.
  std::uint64_t next(std::uint64_t bytes, std::uint64_t page_bytes) const;
  void take(std::uint64_t bytes, std::uint64_t page_bytes);

 private:
  struct Found {
    unsigned zone;  // kZones: behind them
    std::uint64_t page;
  };
  Found find(std::uint64_t pages, std::uint64_t page_bytes) const;

  // The next page of each zone, and behind them, from the start of memory.
  std::array<std::uint64_t, kZones + 1> next_;
};

}  // namespace tidemark
