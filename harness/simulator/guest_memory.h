// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Simulated memory that devices write and a migration copies: pages of 4 KiB by
// page number, all zero until written.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace tidemark {

class GuestMemory {
 public:
  static constexpr std::size_t kPageBytes = 4096;
  using PageData = std::array<std::uint8_t, kPageBytes>;

  // All zero again. Keeps its allocations. O(1) but for what was written.
  void clear();

  // `address` is in bytes; a range may span pages.
  void write(std::uint64_t address, const void* from, std::size_t bytes);
  void read(std::uint64_t address, void* to, std::size_t bytes) const;

  // The page if it was ever written, else null. O(1).
  const PageData* find(std::uint64_t page) const;
  // The page's bytes become those.
  void assign(std::uint64_t page, const PageData& data) { data_[place(page)] = data; }

  // The number of a page that differs, of those written to in either memory since
  // the two were last compared. O(pages written since).
  static std::optional<std::uint64_t> differing_page(GuestMemory& a, GuestMemory& b);

  // Numbers of the pages ever written, in the order of their first write.
  std::span<const std::uint64_t> pages() const { return numbers_; }

 private:
  std::size_t slot(std::uint64_t page) const;  // in table_: the page's, or the empty one for it
  std::size_t place(std::uint64_t page);       // index of its number; new ones are at the end
  PageData& written(std::uint64_t page);
  void grow();

  static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};
  std::vector<std::uint32_t> table_ = std::vector<std::uint32_t>(64, kEmpty);  // open addressing
  std::vector<std::uint64_t> numbers_;
  std::deque<PageData> data_;        // of numbers_[i]; may be longer; grows without copies
  std::vector<std::uint64_t> news_;  // pages written to since the last comparison
  std::vector<bool> is_news_;        // is numbers_[i] among them?
};

}  // namespace tidemark
