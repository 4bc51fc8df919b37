// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What marks and queries cost: B11. Times are compared with each other where
// they can be; limits in seconds are far above what is needed.
#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "support.h"

namespace tidemark {
namespace {

using Seconds = std::chrono::duration<double>;

// The best of three, as others use the machine too.
Seconds best_time(const std::function<void()>& work) {
  Seconds best(1e9);
  for (int i = 0; i < 3; ++i) {
    const auto before = std::chrono::steady_clock::now();
    work();
    best = std::min<Seconds>(best, std::chrono::steady_clock::now() - before);
  }
  return best;
}

TEST(B11, MappingsBelowTheRangeCostNothing) {
  constexpr std::uint64_t kMappings = 65535, kQueries = 1000;
  BareTracker tracker;
  for (std::uint64_t i = 0; i < kMappings; ++i) ASSERT_EQ(tracker.map(2 * i, 1, nullptr), 0);
  ASSERT_EQ(tracker.start(), 0);
  const auto query = [&](std::uint64_t first) {
    std::vector<std::uint64_t> words;
    for (std::uint64_t i = first; i < first + kQueries; ++i)
      ASSERT_EQ(tracker.query(2 * i, 1, words), 0);
  };
  const Seconds low = best_time([&] { query(0); });
  const Seconds high = best_time([&] { query(kMappings - kQueries); });
  EXPECT_LT(high, 20 * low + Seconds(0.001));
}

TEST(B11, CleanPagesCostNothing) {
  constexpr std::uint64_t kPages = std::uint64_t{1} << 27;
  BareTracker tracker;
  std::vector<char> memory(2 * kPageBytes);
  // Only the last page is ever written, and only its address counts.
  const std::uint64_t page = (reinterpret_cast<std::uintptr_t>(memory.data()) / kPageBytes) + 1;
  ASSERT_EQ(tracker.map(0, 64, nullptr), 0);
  ASSERT_EQ(tracker.map(64, kPages, reinterpret_cast<void*>((page + 1 - kPages) * kPageBytes)), 0);
  ASSERT_EQ(tracker.start(), 0);
  std::vector<std::uint64_t> words(kPages / 64);
  const auto query = [&](std::uint64_t first, std::uint64_t pages) {
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(tracker.write(63 + kPages, 1), 0);
      ASSERT_EQ(tracker.query_into(first, pages, words), 0);
    }
  };
  const Seconds small = best_time([&] { query(0, 64); });
  const Seconds large = best_time([&] { query(64, kPages); });
  EXPECT_EQ(words.back(), std::uint64_t{1} << 63);
  EXPECT_LT(large, 20 * small + Seconds(0.001));
}

}  // namespace
}  // namespace tidemark
