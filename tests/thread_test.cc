// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Several threads on one container: R17, B6, B7, N1. To be run under
// ThreadSanitizer too.
#include <linux/vfio.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <latch>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "threads.h"

namespace tidemark {
namespace {

using namespace std::chrono_literals;

TEST(B7, TwoUnmapsWithPinsNeverDeadlock) {
  const Watchdog watchdog;
  BareTracker tracker;
  Driver drivers[] = {Driver(tracker), Driver(tracker)};
  ASSERT_EQ(tracker.start(), 0);
  at_once(tracker, 2, [&](unsigned me) {
    const std::uint64_t page = 16 * me;
    std::vector<std::uint64_t> words;
    for (int i = 0; i < 3000; ++i) {
      EXPECT_EQ(tracker.map(page, 4, nullptr), 0);
      for (Driver& driver : drivers) EXPECT_EQ(driver.pin(page + 1), 1);
      EXPECT_EQ(tracker.unmap(page, 4, words), 0);
      EXPECT_EQ(words[0], 2u);
    }
  });
  EXPECT_EQ(tracker.stats().pinned_pages, 0u);
}

TEST(B7, TwoUnmapsOfTheSameRange) {
  const Watchdog watchdog;
  BareTracker tracker;
  Driver driver(tracker);
  std::atomic<int> unmaps = 0;
  at_once(tracker, 3, [&](unsigned me) {
    for (int i = 0; i < 2000; ++i) {
      if (me == 0) {
        for (std::uint64_t page = 0; page < 16; page += 4)
          if (tracker.map(page, 4, nullptr) == 0) driver.pin(page);
      } else if (tracker.unmap(0, 16) == 0) {
        ++unmaps;
      }
    }
  });
  EXPECT_EQ(tracker.unmap(0, 16), 0);
  EXPECT_EQ(tracker.stats().nr_mappings, 0u);
  EXPECT_EQ(unmaps, 4000);
}

TEST(R17, UnregisterWaitsForARunningCallback) {
  const Watchdog watchdog;
  BareTracker tracker;
  Driver driver(tracker);
  std::latch entered(2);
  std::atomic<int> left = 0;
  driver.in_callback = [&] {
    entered.count_down();
    std::this_thread::sleep_for(50ms * (1 + left));
    ++left;
  };
  ASSERT_EQ(tracker.map(0, 4, nullptr), 0);
  ASSERT_EQ(tracker.map(8, 4, nullptr), 0);
  ASSERT_EQ(driver.pin(0), 1);
  ASSERT_EQ(driver.pin(8), 1);
  at_once(tracker, 3, [&](unsigned me) {
    if (me < 2) {
      EXPECT_EQ(tracker.unmap(8 * me, 4), 0);
      return;
    }
    entered.wait();
    driver.withdraw();
    EXPECT_EQ(left, 2);
  });
}

TEST(R17, ADeviceComesAndGoesWhileOthersUnmap) {
  const Watchdog watchdog;
  BareTracker tracker;
  Driver stays(tracker), moves(tracker);
  at_once(tracker, 2, [&](unsigned me) {
    for (int i = 0; i < 3000; ++i) {
      if (me == 0) {
        EXPECT_EQ(tracker.map(0, 4, nullptr), 0);
        EXPECT_EQ(stays.pin(0), 1);
        EXPECT_EQ(tracker.unmap(0, 4), 0);
      } else {
        moves.withdraw();
        moves.enroll();
      }
    }
  });
}

TEST(B6, AnotherThreadStopsInTheWindow) {
  const Watchdog watchdog;
  BareTracker tracker;
  Driver driver(tracker);
  ASSERT_EQ(tracker.map(0, 4, nullptr), 0);
  ASSERT_EQ(tracker.start(), 0);
  ASSERT_EQ(driver.pin(1), 1);
  std::latch entered(1), stopped(1);
  driver.in_callback = [&] {
    entered.count_down();
    stopped.wait();
  };
  at_once(tracker, 2, [&](unsigned me) {
    std::vector<std::uint64_t> words;
    if (me == 0) {
      EXPECT_EQ(tracker.unmap(0, 4, words), -EINVAL);
    } else {
      entered.wait();
      EXPECT_EQ(tracker.stop(), 0);
      stopped.count_down();
    }
  });
  EXPECT_EQ(tracker.stats().nr_mappings, 1u);
  EXPECT_EQ(tracker.stats().pinned_pages, 0u);
}

TEST(B6, AnotherThreadTakesTheMappingsInTheWindow) {
  const Watchdog watchdog;
  BareTracker tracker;
  Driver driver(tracker);
  std::latch entered(1), gone(1);
  driver.in_callback = [&] {
    entered.count_down();
    gone.wait();
  };
  for (std::uint64_t page = 0; page < 64; page += 4) ASSERT_EQ(tracker.map(page, 4, nullptr), 0);
  ASSERT_EQ(driver.pin(33), 1);
  at_once(tracker, 2, [&](unsigned me) {
    if (me == 0) {
      EXPECT_EQ(tracker.unmap(0, 64), 0);
    } else {
      entered.wait();
      EXPECT_EQ(tracker.unmap(0, 32), 0);
      EXPECT_EQ(tracker.unmap(36, 28), 0);
      gone.count_down();
    }
  });
  EXPECT_EQ(tracker.stats().nr_mappings, 0u);
}

// Of several threads that map the same page, one does.
TEST(R17, EachMapTakesEffectAsIfAlone) {
  const Watchdog watchdog;
  BareTracker tracker(TIDEMARK_RANGE_WHOLE, 1000);
  std::atomic<int> made = 0, full = 0;
  at_once(tracker, 3, [&](unsigned) {
    for (std::uint64_t page = 0; page < 1500; ++page) {
      const long result = tracker.map(page, 1, nullptr);
      made += result == 0;
      full += result == -ENOSPC;
      EXPECT_TRUE(result == 0 || result == -EEXIST || result == -ENOSPC) << result;
    }
  });
  EXPECT_EQ(made, 1000);
  EXPECT_EQ(full, 3 * 500);
  EXPECT_EQ(tracker.stats().nr_mappings, 1000u);
}

// A migration while two threads write, one through rw and one through pins: what
// was not copied when a query reported it would be missing at the end.
TEST(N1, NoPageIsLostToConcurrentQueries) {
  const Watchdog watchdog;
  const auto memory = std::make_unique<Guest>();
  Guest& guest = *memory;
  BareTracker tracker(TIDEMARK_RANGE_ANY);
  copy_words_atomically(tracker, guest);
  Driver driver(tracker);
  ASSERT_EQ(tracker.map(0, 65, &guest.page(0)), 0);
  ASSERT_EQ(tracker.map(65, 65, &guest.page(65)), 0);
  ASSERT_EQ(tracker.start(), 0);

  std::vector<std::uint64_t> copy(Guest::kPages, 0);
  const auto copy_reported = [&](std::uint64_t first, std::uint64_t pages) {
    std::vector<std::uint64_t> words;
    ASSERT_EQ(tracker.query(first, pages, words), 0);
    for (std::uint64_t i = 0; i < pages; ++i)
      if (words[i / 64] >> i % 64 & 1) copy[first + i] = guest.page(first + i);
  };
  std::atomic<int> writing = 2;
  at_once(tracker, 3, [&](unsigned me) {
    std::mt19937_64 random(me);
    if (me == 0) {
      for (; writing; copy_reported(random() % 60, 1 + random() % 70)) {
      }
      return;
    }
    for (std::uint64_t i = 0; i < 20000; ++i) {
      const std::uint64_t page = random() % Guest::kPages;
      if (me == 1) {
        EXPECT_EQ(tracker.write(page, random()), 0);
        continue;
      }
      EXPECT_EQ(driver.pin(page), 1);
      guest.page(page) = random();
      driver.unpin(page);
    }
    --writing;
  });

  copy_reported(0, Guest::kPages);
  for (std::uint64_t page = 0; page < Guest::kPages; ++page)
    EXPECT_EQ(copy[page], guest.page(page)) << "page " << page;
}

void any_call(BareTracker& tracker, Driver& driver, std::mt19937& random) {
  const std::uint64_t page = random() % 8 * 4;
  std::vector<std::uint64_t> words;
  static const int group = 0;  // its address is the id
  switch (random() % 16) {
    case 0:
    case 1:
    case 2:
      tracker.map(page, 4, nullptr);
      break;
    case 3:
      tracker.unmap(page, 4);
      break;
    case 4:
      tracker.unmap(page, 8, words);
      break;
    case 5:
      tracker.start();
      break;
    case 6:
      if (random() % 4 == 0) tracker.stop();
      break;
    case 7:
    case 8:
      tracker.query(page, 16, words);
      break;
    case 9:
    case 10:
      driver.pin(page + random() % 4);
      break;
    case 11:
    case 12:
      driver.unpin(page + random() % 4);
      break;
    case 13:
      if (tracker.attach_hardware(&group, 0x1000) == 0)
        tidemark_group_detach(tracker.container, &group);
      break;
    case 14:
      tracker.stats();
      break;
    case 15:
      tidemark_container_ioctl(tracker.container, VFIO_CHECK_EXTENSION, 4);
      break;
  }
}

TEST(R17, EveryEntryFromSeveralThreads) {
  const Watchdog watchdog;
  BareTracker tracker;
  Driver drivers[] = {Driver(tracker), Driver(tracker), Driver(tracker)};
  at_once(tracker, 3, [&](unsigned me) {
    std::mt19937 random(me);
    for (int i = 0; i < 8000; ++i) any_call(tracker, drivers[me], random);
  });
  for (Driver& driver : drivers) driver.unpin_all();
  EXPECT_EQ(tracker.stats().pinned_pages, 0u);
  EXPECT_EQ(tracker.stats().nr_groups, 3u);
  EXPECT_EQ(tracker.unmap(0, 64), 0);
  EXPECT_EQ(tracker.stats().locked_pages, 0u);
}

// Drivers' mistakes are complained about from any thread.
TEST(R17, WarningsFromSeveralThreads) {
  const Watchdog watchdog;
  BareTracker tracker;
  at_once(tracker, 3, [&](unsigned) {
    for (int i = 0; i < 1000; ++i) tracker.unpin(0, 1);
  });
  EXPECT_EQ(tracker.machine.nr_warnings, 3000u);
}

}  // namespace
}  // namespace tidemark
