// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The dirty store against a plain vector of bools, mostly around the borders of
// words and of words of words.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "os_machine.h"
#include "store_shim.h"

namespace tidemark {
namespace {

using Pages = std::vector<std::uint64_t>;

constexpr std::uint64_t kSizes[] = {1,    2,    63,   64,   65,   127,    128,    4095,  4096,
                                    4097, 4159, 4160, 4161, 8192, 262143, 262144, 262145};

// The store, and what it should say.
class Store {
 public:
  explicit Store(std::uint64_t pages) : pages_(pages), expected_(pages, false) {
    os_current = &machine_;
    EXPECT_EQ(store_make(pages, &store_), 0);
  }
  ~Store() {
    os_current = &machine_;
    store_drop(store_);
    EXPECT_EQ(machine_.nr_allocations, 0u);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::uint64_t pages() const { return pages_; }
  tidemark_store* get() { return store_; }

  void mark(std::uint64_t first, std::uint64_t last) {
    store_mark(store_, first, last);
    for (std::uint64_t i = first; i <= last; ++i) expected_[i] = true;
  }
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
    std::uint64_t at = 0, bits = 0;
    while (store_next(store_, first, last, &at, &bits)) {
      EXPECT_EQ(at % 64, 0u);
      EXPECT_NE(bits, 0u);
      for (std::uint64_t i = 0; i < 64; ++i)
        if (bits >> i & 1) shown.push_back(at + i);
      first = at + 64;
      if (first > last) break;
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
  tidemark_store* store_ = nullptr;
};

// Page numbers around each border below `pages`.
Pages borders(std::uint64_t pages) {
  Pages found;
  for (const std::uint64_t border :
       Pages{0, 1, 2, 63, 64, 65, 66, 127, 128, 4095, 4096, 4097, 8191, 8192, 262143, 262144})
    if (border < pages) found.push_back(border);
  if (found.back() != pages - 1) found.push_back(pages - 1);
  return found;
}

TEST(DirtyStore, StartsClean) {
  for (const std::uint64_t size : kSizes) {
    const Store store(size);
    EXPECT_TRUE(store.shown(0, size - 1).empty()) << size;
  }
}

TEST(DirtyStore, OnePageIsFoundFromEverywhere) {
  for (const std::uint64_t size : kSizes) {
    for (const std::uint64_t page : borders(size)) {
      Store store(size);
      store.mark(page, page);
      for (const std::uint64_t first : borders(size))
        for (const std::uint64_t last : borders(size))
          if (first <= last) {
            EXPECT_TRUE(store.agrees(first, last)) << page;
          }
    }
  }
}

TEST(DirtyStore, WorkedNumbers) {
  Store store(4097);
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

TEST(DirtyStore, EveryRangeBetweenBorders) {
  for (const std::uint64_t size : Pages{1, 63, 64, 65, 128, 4097}) {
    for (const std::uint64_t first : borders(size)) {
      for (const std::uint64_t last : borders(size)) {
        if (first > last) continue;
        Store marked(size);
        marked.mark(first, last);
        EXPECT_TRUE(marked.agrees());
        Store cleared(size);
        cleared.mark(0, size - 1);
        cleared.clear(first, last);
        EXPECT_TRUE(cleared.agrees());
      }
    }
  }
}

TEST(DirtyStore, MarkAllThenAPartIsCleared) {
  for (const std::uint64_t size : Pages{1, 63, 64, 65, 128, 4095, 4096, 4097}) {
    for (const std::uint64_t first : borders(size)) {
      for (const std::uint64_t last : borders(size)) {
        if (first > last) continue;
        Store store(size);
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
TEST(DirtyStore, MarkAllHidesNoOldMark) {
  Store store(4097);
  store.mark(70, 70);
  store.mark_all();
  store.clear(0, 4096);
  EXPECT_TRUE(store.agrees());
  store.mark(4096, 4096);
  EXPECT_TRUE(store.agrees());
}

TEST(DirtyStore, LongRandomRuns) {
  std::mt19937_64 random(1);
  for (const std::uint64_t size : Pages{65, 4097, 70000}) {
    Store store(size);
    const auto page = [&] {
      const Pages near = borders(size);
      return random() % 2 ? random() % size : near[random() % near.size()];
    };
    for (int i = 0; i < 1500; ++i) {
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
      if (i % 50 == 0) {
        ASSERT_TRUE(store.agrees()) << "step " << i;
      }
    }
  }
}

TEST(DirtyStore, WithoutMemoryThereIsNone) {
  os_machine machine = {};
  os_current = &machine;
  machine.fail_allocation = 1;
  tidemark_store* store = nullptr;
  EXPECT_NE(store_make(4097, &store), 0);
  EXPECT_EQ(machine.nr_allocations, 0u);
  store_drop(store);
}

// Dropped and made again, as STOP and START do.
TEST(DirtyStore, DroppingForgets) {
  Store store(4097);
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
    Store store(pages);
    const std::uint64_t bytes = malloc_usable_size(store_memory(store.get()));
    EXPECT_GE(bytes, pages / 8);
    EXPECT_LE(bytes, pages / 8 + pages / 8 / 60 + 4096);
  }
}

}  // namespace
}  // namespace tidemark
