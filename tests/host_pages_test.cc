// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Where user memory lies in the host.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "executor.h"
#include "factories.h"
#include "support.h"
#include "world.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kFirst = kRamFirst / kPageBytes;
constexpr std::uint64_t kEnd = (kRamLast + 1) / kPageBytes;

// Calls visit(first, pages) for each run of user memory, ascending.
template <class Visit>
void for_each_run(Visit visit) {
  for (std::uint64_t page = kFirst; page < kEnd;) {
    const std::uint64_t pages = host_run(page, kEnd - page);
    visit(page, pages);
    page += pages;
  }
}

TEST(HostPages, AreOneToOne) {
  std::set<std::uint64_t> host;
  for_each_run([&](std::uint64_t first, std::uint64_t pages) {
    for (const std::uint64_t page : {first, first + pages / 2, first + pages - 1}) {
      EXPECT_EQ(user_page_of(host_page_of(page)), page);
      host.insert(host_page_of(page));
    }
    EXPECT_EQ(host_page_of(first + pages - 1), host_page_of(first) + pages - 1);
  });
  EXPECT_GE(*host.begin(), kFirst);
  EXPECT_LT(*host.rbegin(), kEnd);
}

TEST(HostPages, DoNotFollowEachOtherFromRunToRun) {
  std::uint64_t next = 0;
  for_each_run([&](std::uint64_t first, std::uint64_t pages) {
    EXPECT_NE(host_page_of(first), next) << first;
    next = host_page_of(first) + pages;
  });
}

TEST(HostPages, AreFewRunsEvenForAllMemory) {
  unsigned runs = 0;
  for_each_run([&](std::uint64_t, std::uint64_t) { ++runs; });
  EXPECT_GT(runs, 640u);
  EXPECT_LT(runs, 700u);
}

TEST(HostPages, OutsideOfMemoryAreThemselves) {
  for (const std::uint64_t page : {std::uint64_t{0}, std::uint64_t{5}, kFirst - 1, kEnd, ~kFirst}) {
    EXPECT_EQ(host_page_of(page), page);
    EXPECT_EQ(user_page_of(page), page);
    EXPECT_EQ(host_run(page, 9), 9u);
  }
}

// So an IOMMU whose smallest page divides the size can map it, and one with
// smaller pages has several runs to map.
TEST(FreshMemory, HasTheLargestBlocksThatDivideIt) {
  for (const auto& [pages, block] :
       {std::pair<std::uint64_t, std::uint64_t>{7, 1}, {6, 2}, {8, 4}, {48, 16}, {1024, 512}}) {
    FreshMemory fresh;
    for (int i = 0; i < 3; ++i) {
      const std::uint64_t first = fresh.next(pages * kPageBytes, kPageBytes) / kPageBytes;
      EXPECT_EQ(first % block, 0u);
      for (std::uint64_t page = 0; page < pages; page += block) {
        EXPECT_EQ(host_run(first + page, pages), block);
        EXPECT_EQ(host_page_of(first + page) % block, 0u);
      }
      fresh.take(pages * kPageBytes, kPageBytes);
    }
  }
}

TEST(FreshMemory, IsNotGivenTwice) {
  FreshMemory fresh;
  std::set<std::uint64_t> pages;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const std::uint64_t size = 1 + i * 7 % 23;
    const std::uint64_t first = fresh.next(size * kPageBytes, kPageBytes) / kPageBytes;
    fresh.take(size * kPageBytes, kPageBytes);
    for (std::uint64_t page = first; page < first + size; ++page) {
      EXPECT_TRUE(pages.insert(page).second);
      EXPECT_GE(page, kFirst);
      EXPECT_LT(page, kEnd);
    }
  }
}

// A mapping of 8 TiB has few runs, wherever it begins.
TEST(FreshMemory, OfTerabytesIsMappedQuickly) {
  Executor executor;
  run_all(executor, R"(
    attach g0 hardware=0
    map 0p 7p rw
    map 0x8000000000p 2147483647p rw
    map 0x4000000000p 2147483647p rw vaddr=m1
  )",
          make_tracker);
  EXPECT_EQ(executor.mappings().size(), 3u);
}

}  // namespace
}  // namespace tidemark
