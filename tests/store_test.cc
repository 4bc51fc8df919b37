// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// All kinds of dirty store against a plain vector of bools, mostly around the borders of
// words and of words of words.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "os_machine.h"
#include "store_shim.h"

namespace tidemark {
namespace {

using Pages = std::vector<std::uint64_t>;

constexpr std::uint64_t kExpected = 1 << 20;  // of larger stores nothing is expected
constexpr std::uint64_t kSizes[] = {1,    2,    63,   64,   65,   127,    128,    4095,  4096,
                                    4097, 4159, 4160, 4161, 8192, 262143, 262144, 262145};

// The store, and what it should say.
class Store {
 public:
  Store(int kind, std::uint64_t pages)
      : pages_(pages), expected_(std::min(pages, kExpected), false) {
    os_current = &machine_;
    os_call_begin(&call_);
    EXPECT_EQ(store_make(kind, pages, &store_), 0);
  }
  ~Store() {
    os_current = &machine_;
    store_drop(store_);
    os_call_end(&call_);
    EXPECT_EQ(machine_.nr_allocations, 0u);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::uint64_t pages() const { return pages_; }
  store_under_test* get() { return store_; }
  os_machine& machine() { return machine_; }
  std::uint64_t bytes() const { return call_.nr_bytes; }  // asked for so far

  void mark(std::uint64_t first, std::uint64_t last) {
    store_mark(store_, first, last);
    for (std::uint64_t i = first; i <= last; ++i) expected_[i] = true;
  }
  // Of a page that is marked by other means.
  void expect(std::uint64_t page) { expected_[page] = true; }
  void mark_all() {
    store_mark_all(store_);
    expected_.assign(pages_, true);
  }
  void clear(std::uint64_t first, std::uint64_t last) {
    store_clear(store_, first, last);
    for (std::uint64_t i = first; i <= last; ++i) expected_[i] = false;
  }

  // The pages in [first, last] that the store shows, word by word.
  Pages shown(std::uint64_t first, std::uint64_t last) const {
    Pages shown;
    std::uint64_t at = 0;
    const std::uint64_t* words = nullptr;
    while (const unsigned count = store_next(store_, first, last, &at, &words)) {
      EXPECT_EQ(at % 64, 0u);
      for (unsigned i = 0; i < count; ++i, at += 64) {
        EXPECT_NE(words[i], 0u);
        for (std::uint64_t bit = 0; bit < 64; ++bit)
          if (words[i] >> bit & 1) shown.push_back(at + bit);
      }
      first = at;
    }
    return shown;
  }
  Pages expected(std::uint64_t first, std::uint64_t last) const {
    Pages pages;
    for (std::uint64_t i = first; i <= last; ++i)
      if (expected_[i]) pages.push_back(i);
    return pages;
  }
  testing::AssertionResult agrees(std::uint64_t first, std::uint64_t last) const {
    if (shown(first, last) == expected(first, last)) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << pages_ << " pages, [" << first << ", " << last << "]: shown "
           << testing::PrintToString(shown(first, last)) << ", expected "
           << testing::PrintToString(expected(first, last));
  }
  testing::AssertionResult agrees() const { return agrees(0, pages_ - 1); }

 private:
  std::uint64_t pages_;
  std::vector<bool> expected_;
  os_machine machine_ = {};
  os_call call_ = {};
  store_under_test* store_ = nullptr;
};

class DirtyStore : public testing::TestWithParam<int> {};
constexpr const char* kKindNames[] = {"bitmap", "sparse", "ranges", "pinned"};
INSTANTIATE_TEST_SUITE_P(, DirtyStore,
                         testing::Values(STORE_BITMAP, STORE_SPARSE, STORE_RANGES, STORE_PINNED),
                         [](const auto& kind) { return kKindNames[kind.param]; });

// Page numbers around each border below `pages`.
Pages borders(std::uint64_t pages) {
  Pages found;
  for (const std::uint64_t border : Pages{0, 1, 2, 63, 64, 65, 66, 127, 128, 4095, 4096, 4097, 8191,
                                          8192, 131071, 131072, 262143, 262144})
    if (border < pages) found.push_back(border);
  if (found.back() != pages - 1) found.push_back(pages - 1);
  return found;
}

TEST_P(DirtyStore, StartsClean) {
  for (const std::uint64_t size : kSizes) {
    const Store store(GetParam(), size);
    EXPECT_TRUE(store.shown(0, size - 1).empty()) << size;
  }
}

TEST_P(DirtyStore, OnePageIsFoundFromEverywhere) {
  for (const std::uint64_t size : kSizes) {
    for (const std::uint64_t page : borders(size)) {
      Store store(GetParam(), size);
      store.mark(page, page);
      for (const std::uint64_t first : borders(size))
        for (const std::uint64_t last : borders(size))
          if (first <= last) {
            EXPECT_TRUE(store.agrees(first, last)) << page;
          }
    }
  }
}

TEST_P(DirtyStore, WorkedNumbers) {
  Store store(GetParam(), 4097);
  store.mark(63, 65);
  store.mark(4095, 4096);
  EXPECT_EQ(store.shown(0, 4096), (Pages{63, 64, 65, 4095, 4096}));
  EXPECT_EQ(store.shown(64, 4095), (Pages{64, 65, 4095}));
  EXPECT_EQ(store.shown(66, 4094), Pages{});
  store.clear(64, 4095);
  EXPECT_EQ(store.shown(0, 4096), (Pages{63, 4096}));
  store.clear(0, 4096);
  EXPECT_EQ(store.shown(0, 4096), Pages{});
  store.mark(0, 4096);
  EXPECT_EQ(store.shown(0, 4096).size(), 4097u);
}

TEST_P(DirtyStore, EveryRangeBetweenBorders) {
  for (const std::uint64_t size : Pages{1, 63, 64, 65, 128, 4097}) {
    for (const std::uint64_t first : borders(size)) {
      for (const std::uint64_t last : borders(size)) {
        if (first > last) continue;
        Store marked(GetParam(), size);
        marked.mark(first, last);
        EXPECT_TRUE(marked.agrees());
        Store cleared(GetParam(), size);
        cleared.mark(0, size - 1);
        cleared.clear(first, last);
        EXPECT_TRUE(cleared.agrees());
      }
    }
  }
}

// A block of 2^17 pages has one mark for all: those of its blocks and pages are in it.
TEST_P(DirtyStore, AMarkedBlockStaysMarkedIfAPartIsMarkedAgain) {
  Store store(GetParam(), 262145);
  store.mark(0, 131071);
  store.mark(4096, 8191);
  store.mark(12288, 12288);
  EXPECT_TRUE(store.agrees());
}

TEST_P(DirtyStore, MarkAllThenAPartIsCleared) {
  for (const std::uint64_t size : Pages{1, 63, 64, 65, 128, 4095, 4096, 4097}) {
    for (const std::uint64_t first : borders(size)) {
      for (const std::uint64_t last : borders(size)) {
        if (first > last) continue;
        Store store(GetParam(), size);
        store.mark(first, first);
        store.mark_all();
        EXPECT_TRUE(store.agrees(first, last));
        store.clear(first, last);
        EXPECT_TRUE(store.agrees());
        store.mark(first, first);
        EXPECT_TRUE(store.agrees());
        store.clear(0, size - 1);
        EXPECT_TRUE(store.agrees());
      }
    }
  }
}

// A clear of everything after mark_all() also clears what was marked before it.
TEST_P(DirtyStore, MarkAllHidesNoOldMark) {
  Store store(GetParam(), 4097);
  store.mark(70, 70);
  store.mark_all();
  store.clear(0, 4096);
  EXPECT_TRUE(store.agrees());
  store.mark(4096, 4096);
  EXPECT_TRUE(store.agrees());
}

TEST_P(DirtyStore, LongRandomRuns) {
  std::mt19937_64 random(1);
  for (const std::uint64_t size : Pages{65, 4097, 70000, 140000}) {
    Store store(GetParam(), size);
    const auto page = [&] {
      const Pages near = borders(size);
      return random() % 2 ? random() % size : near[random() % near.size()];
    };
    for (int i = 0; i < 700; ++i) {
      std::uint64_t first = page(),
                    last = random() % 3 ? std::min(size - 1, first + random() % 70) : page();
      if (first > last) std::swap(first, last);
      const unsigned kind = random() % 16;
      if (kind == 0)
        store.mark_all();
      else if (kind < 8)
        store.mark(first, last);
      else
        store.clear(first, last);
      ASSERT_TRUE(store.agrees(first, last)) << "step " << i;
      if (i % 100 == 0) {
        ASSERT_TRUE(store.agrees()) << "step " << i;
      }
    }
  }
}

// What was there before a clear of all of it is not there after it, whatever comes back.
TEST_P(DirtyStore, NothingComesBackWithOthers) {
  for (const std::uint64_t size : Pages{64, 4096, 4097, 140000}) {
    for (const std::uint64_t page : borders(size)) {
      Store store(GetParam(), size);
      for (const std::uint64_t other : borders(size)) store.mark(other, other);
      store.clear(0, size - 1);
      EXPECT_TRUE(store.shown(0, size - 1).empty());
      store.mark(page, page);
      EXPECT_EQ(store.shown(0, size - 1), Pages{page});
    }
  }
}

TEST(DirtyBitmap, WithoutMemoryThereIsNone) {
  os_machine machine = {};
  os_current = &machine;
  machine.fail_allocation = 1;
  store_under_test* store = nullptr;
  EXPECT_NE(store_make(STORE_BITMAP, 4097, &store), 0);
  EXPECT_EQ(machine.nr_allocations, 0u);
  store_drop(store);
}

// Dropped and made again, as STOP and START do.
TEST_P(DirtyStore, DroppingForgets) {
  Store store(GetParam(), 4097);
  store.mark_all();
  store_empty(store.get());
  store_empty(store.get());
  ASSERT_EQ(store_remake(store.get(), 4097), 0);
  EXPECT_TRUE(store.shown(0, 4096).empty());
}

// One bit for each page and a 63rd of that for the levels above: about 1/32768
// of the memory that is mapped.
TEST(B10, MarksTakeABitAPage) {
  for (const std::uint64_t pages : {std::uint64_t{1} << 15, std::uint64_t{1} << 20}) {
    const Store store(STORE_BITMAP, pages);
    EXPECT_GE(store.bytes(), pages / 8);
    EXPECT_LE(store.bytes(), pages / 8 + pages / 8 / 63 + 64);
  }
}

// A word of marks needs none, wherever it is; nor does a flag.
TEST(B10, WhatIsNotMarkedNeedsNoMemory) {
  Store store(STORE_SPARSE, std::uint64_t{1} << 31);
  store_mark(store.get(), 123456789, 123456789);
  store_clear(store.get(), 0, (std::uint64_t{1} << 31) - 1);
  store_mark(store.get(), 0, (std::uint64_t{1} << 31) - 1);
  EXPECT_EQ(store.shown(1000, 1000), Pages{1000});
  EXPECT_EQ(store.bytes(), 0u);
}

// D21, page by page, so that nothing is marked as a whole.
TEST(B10, AllMarksOfASparseStoreTakeABitAPage) {
  for (const std::uint64_t pages : Pages{65, 100, 4096, 4097, 131073, 1 << 20}) {
    Store store(STORE_SPARSE, pages);
    for (std::uint64_t page = 0; page < pages; page += 32) store_mark(store.get(), page, page);
    EXPECT_LE(store.bytes(), pages / 8 + pages / 248 + 96) << pages;
  }
}

// B10: 0.001 % of 1 TiB, each in a place of its own.
TEST(B10, FewMarksOfASparseStoreTakeLittle) {
  constexpr std::uint64_t kPages = std::uint64_t{1} << 28;
  std::mt19937_64 random(1);
  Store store(STORE_SPARSE, kPages);
  for (std::uint64_t i = 0; i < kPages / 100000; ++i) {
    const std::uint64_t page = random() % kPages;
    store_mark(store.get(), page, page);
  }
  EXPECT_LE(store.bytes(), kPages / 8 / 50);
}

// The store without what it needs at its `fails`th allocation: more may be shown, and a
// clear of all of it clears that, too.
void lose_nothing(int kind, unsigned seed, unsigned fails) {
  constexpr std::uint64_t kPages = 140000;
  std::mt19937_64 random(seed);
  Store store(kind, kPages);
  store.machine().fail_allocation = fails;
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t first = random() % kPages;
    const std::uint64_t last = std::min(kPages - 1, first + (random() % 4 ? random() % 9 : 9999));
    const unsigned what = random() % 16;
    if (!what) store.mark_all();
    what < 10 ? store.mark(first, last) : store.clear(first, last);
  }
  const Pages shown = store.shown(0, kPages - 1), expected = store.expected(0, kPages - 1);
  ASSERT_TRUE(std::ranges::includes(shown, expected)) << seed << ", " << fails;
  if (!store.machine().allocation_failed) {
    ASSERT_EQ(shown, expected) << seed << ", " << fails;
  }
  store.clear(0, kPages - 1);
  ASSERT_TRUE(store.agrees());
}

TEST(D23, WithoutMemoryNoMarkIsLost) {
  for (const int kind : {STORE_SPARSE, STORE_RANGES, STORE_PINNED})
    for (unsigned seed = 0; seed < 4; ++seed)
      for (unsigned fails = 0; fails < 12; ++fails) lose_nothing(kind, seed, fails);
}

// The block that cannot be divided becomes dirty, and no other: here one of 4096 pages.
TEST(D23, WithoutMemoryABlockIsMarked) {
  Store store(STORE_SPARSE, 140000);
  store.mark(0, 0);
  store.mark(139999, 139999);
  store.mark(8192, 8192);
  store.machine().fail_allocation = 1;
  store_mark(store.get(), 8300, 8300);
  EXPECT_TRUE(store.machine().allocation_failed);
  EXPECT_EQ(store.shown(0, 8191), Pages{0});
  EXPECT_EQ(store.shown(8192, 12287).size(), 4096u);
  EXPECT_EQ(store.shown(12288, 139999), Pages{139999});
}

TEST(D23, ABlockThatIsMarkedWithoutMemoryIsWhole) {
  Store store(STORE_SPARSE, 140000);
  store.machine().fail_allocation = 1;
  store_mark(store.get(), 8192, 12287);
  EXPECT_TRUE(store.machine().allocation_failed);
  EXPECT_EQ(store.shown(0, 139999).size(), 140000u);
}

// Of a container's stores that follow each other in memory, the first is a Store.
class Behind {
 public:
  Behind(store_under_test* before, std::uint64_t pages) : pages_(pages) {
    EXPECT_EQ(store_make_behind(before, pages, &store_), 0);
  }
  ~Behind() { store_drop(store_); }
  Behind(const Behind&) = delete;
  Behind& operator=(const Behind&) = delete;
  store_under_test* get() { return store_; }

  void mark() { store_mark(store_, 0, pages_ - 1); }
  std::uint64_t marked() const {
    std::uint64_t at = 0, marked = 0;
    const std::uint64_t* words = nullptr;
    for (std::uint64_t first = 0;
         const unsigned n = store_next(store_, first, pages_ - 1, &at, &words);
         first = at + 64 * std::uint64_t{n})
      for (unsigned i = 0; i < n; ++i) marked += static_cast<unsigned>(std::popcount(words[i]));
    return marked;
  }

 private:
  std::uint64_t pages_;
  store_under_test* store_ = nullptr;
};

// What is marked across mappings is one range: one of them goes, is cleared, or comes back.
TEST_P(DirtyStore, NeighboursKeepTheirMarks) {
  for (const std::uint64_t pages : Pages{1, 63, 64, 100, 5000}) {
    Store first(GetParam(), 70);
    Behind middle(first.get(), pages), last(middle.get(), 4097);
    first.mark(0, 69);
    last.mark();
    middle.mark();
    EXPECT_EQ(middle.marked(), pages);
    first.machine().fail_allocation = 1;
    store_empty(middle.get());
    EXPECT_FALSE(first.machine().allocation_failed) << "who forgets needs no memory";
    first.machine().fail_allocation = 0;
    EXPECT_TRUE(first.agrees());
    EXPECT_EQ(last.marked(), 4097u);
    ASSERT_EQ(store_remake(middle.get(), pages), 0);
    EXPECT_EQ(middle.marked(), 0u);
    middle.mark();
    store_clear(middle.get(), 0, pages - 1);
    EXPECT_EQ(middle.marked(), 0u);
    EXPECT_TRUE(first.agrees());
    EXPECT_EQ(last.marked(), 4097u);
    first.clear(0, 69);
    EXPECT_EQ(last.marked(), 4097u);
  }
}

// The nearer one, if one has a page of the store: else the whole store is marked.
TEST(D23, WithoutMemoryARangeGrows) {
  Store store(STORE_RANGES, 1000);
  Behind behind(store.get(), 1000);
  store_mark(behind.get(), 0, 0);
  const auto starve = [&](std::uint64_t first, std::uint64_t last) {
    store.machine().fail_allocation = 1;
    store_mark(store.get(), first, last);
    EXPECT_TRUE(store.machine().allocation_failed);
  };
  store.mark(10, 10);
  store.mark(900, 901);
  starve(20, 21);
  EXPECT_EQ(store.shown(0, 899).size(), 12u);
  starve(880, 880);
  EXPECT_EQ(store.shown(0, 999).size(), 34u);
  store.clear(0, 999);
  starve(998, 998);
  EXPECT_EQ(store.shown(0, 999).size(), 1000u);
  EXPECT_EQ(behind.marked(), 1u);
}

// All that a clear named, or all pages where there is not even one range.
TEST(D23, WithoutMemoryAClearInTheMiddleClearsNothing) {
  for (const bool all : {false, true}) {
    Store store(STORE_RANGES, 1000);
    all ? store.mark_all() : store.mark(10, 200);
    store.machine().fail_allocation = 1;
    store_clear(store.get(), 100, 110);
    EXPECT_TRUE(store.machine().allocation_failed);
    EXPECT_TRUE(store.agrees());
    store.clear(100, 110);
    EXPECT_TRUE(store.agrees());
  }
}

// Pages that drivers hold, and that they let go, beside others: what is held is dirty whatever was
// cleared (R3), and what was held stays so until it is.
TEST_P(DirtyStore, WhatIsPinnedIsShown) {
  std::mt19937_64 random(1);
  for (const std::uint64_t size : Pages{1, 64, 65, 200, 4097, 20000}) {
    Store store(GetParam(), size);
    std::vector<bool> pinned(size, false);
    const auto again = [&] {  // as after a query
      for (std::uint64_t page = 0; page < size; ++page)
        if (pinned[page] && GetParam() != STORE_PINNED)
          store.mark(page, page);
        else if (pinned[page])
          store.expect(page);
    };
    for (int i = 0; i < 400; ++i) {
      const std::uint64_t first = random() % size, last = std::min(size - 1, first + random() % 90);
      switch (random() % 8) {
        case 0:
          store.mark(first, last);
          break;
        case 1:
          store.clear(first, last);
          again();
          break;
        case 2:
          store.clear(0, size - 1);
          again();
          break;
        case 3:
          if (random() % 8 == 0) store.mark_all();
          break;
        default:
          for (std::uint64_t page = first; page <= last; page += 1 + random() % 3) {
            pinned[page] ? store_unpin(store.get(), page) : store_pin(store.get(), page);
            if (!pinned[page]) store.expect(page);
            pinned[page] = !pinned[page];
          }
      }
      ASSERT_TRUE(store.agrees()) << "step " << i;
      ASSERT_TRUE(store.agrees(first, last)) << "step " << i;
    }
  }
}

// Words in which there is a range, a pin, both, one behind the other.
TEST(DirtyPinned, WordsOfBothKindsFollowEachOther) {
  Store store(STORE_PINNED, 10000);
  store.mark(70, 70);
  store.mark(640, 1300);
  for (const std::uint64_t page : Pages{0, 63, 71, 130, 600, 639, 640, 1301, 1408, 5000, 9999}) {
    store_pin(store.get(), page);
    store.expect(page);
  }
  for (const std::uint64_t first : Pages{0, 1, 64, 100, 639, 640, 1300, 1301, 1302, 5001, 9999})
    for (const std::uint64_t last : Pages{0, 63, 64, 130, 640, 1300, 1301, 1408, 9998, 9999})
      if (first <= last) {
        EXPECT_TRUE(store.agrees(first, last));
      }
}

// A page that is let go has the memory of its pin, and takes none.
TEST(B10, NoUnpinNeedsMemory) {
  Store store(STORE_PINNED, 1000);
  for (std::uint64_t page = 0; page < 1000; page += 3) store_pin(store.get(), page);
  const std::uint64_t bytes = store.bytes();
  store.machine().fail_allocation = 1;
  for (std::uint64_t page = 0; page < 1000; page += 3) {
    store_unpin(store.get(), page);
    store.expect(page);
  }
  EXPECT_FALSE(store.machine().allocation_failed);
  EXPECT_EQ(store.bytes(), bytes);
  EXPECT_TRUE(store.agrees());
}

// B10: what touches is one range, and nothing that is marked already takes more.
TEST(B10, RangesThatTouchAreOne) {
  Store store(STORE_RANGES, 1000);
  for (std::uint64_t page = 0; page < 1000; page += 2) store.mark(page, page);
  const std::uint64_t bytes = store.bytes();
  EXPECT_LE(bytes, 64 * 501u);
  for (std::uint64_t page = 1; page < 1000; page += 2) store.mark(page, page);
  store.mark(500, 600);
  EXPECT_EQ(store.bytes(), bytes);
  EXPECT_EQ(store.machine().nr_allocations, 2u) << "one range, and the one to spare";
}

}  // namespace
}  // namespace tidemark
