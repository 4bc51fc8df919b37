// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What several threads see of one another's calls: R17, N1, N3. Each test plays many short
// rounds and looks after each, so that one page lost at one moment is enough.
#include <linux/vfio.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "threads.h"

namespace tidemark {
namespace {

// What a migration knows of a guest: a page is copied whenever it is reported.
class Destination {
 public:
  explicit Destination(Guest& guest) : guest_(guest), copy_(Guest::kPages) {}

  void reported(std::uint64_t first, const std::vector<std::uint64_t>& words) {
    for (std::size_t i = 0; i < words.size(); ++i)
      for (std::uint64_t left = words[i]; left; left &= left - 1) {
        const auto page = first + 64 * i + static_cast<std::uint64_t>(std::countr_zero(left));
        copy_[page] = guest_.page(page);
      }
  }
  bool equals_source() const {
    for (std::uint64_t page = 0; page < Guest::kPages; ++page)
      if (copy_[page] != guest_.page(page)) return false;
    return true;
  }

 private:
  Guest& guest_;
  std::vector<std::uint64_t> copy_;
};

constexpr int kRounds = 100;

TEST(N1, AWriteBesideAQueryIsReportedByItOrTheNext) {
  const Watchdog watchdog;
  const auto guest = std::make_unique<Guest>();
  Destination destination(*guest);
  BareTracker tracker;
  copy_words_atomically(tracker, *guest);
  ASSERT_EQ(tracker.map(0, 4, &guest->page(0)), 0);
  ASSERT_EQ(tracker.start(), 0);
  const auto copy_reported = [&] {
    std::vector<std::uint64_t> words;
    ASSERT_EQ(tracker.query(0, 4, words), 0);
    destination.reported(0, words);
  };
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<bool> writing = true;
    at_once(tracker, 2, [&](unsigned me) {
      if (me == 0) {
        while (writing) copy_reported();
        return;
      }
      for (std::uint64_t i = 0; i < 8; ++i)
        EXPECT_EQ(tracker.write(i % 4, 8u * static_cast<unsigned>(round) + i + 1), 0);
      writing = false;
    });
    copy_reported();
    ASSERT_TRUE(destination.equals_source()) << "round " << round;
  }
}

TEST(N1, AWriteBesideAnUnmapIsReportedByItOrFails) {
  const Watchdog watchdog;
  const auto guest = std::make_unique<Guest>();
  Destination destination(*guest);
  BareTracker tracker;
  copy_words_atomically(tracker, *guest);
  ASSERT_EQ(tracker.start(), 0);
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_EQ(tracker.map(0, 4, &guest->page(0)), 0);
    std::vector<std::uint64_t> words;
    at_once(tracker, 2, [&](unsigned me) {
      if (me == 0) {
        EXPECT_EQ(tracker.unmap(0, 4, words), 0);
        return;
      }
      std::uint64_t value = 1000u * static_cast<unsigned>(round + 1);
      while (tracker.write(value % 4, value) == 0) ++value;
    });
    destination.reported(0, words);
    ASSERT_TRUE(destination.equals_source()) << "round " << round;
  }
}

// Bytes across two mappings are written and read at one moment each.
TEST(R17, AReadSeesAWriteAsAWhole) {
  const Watchdog watchdog;
  const auto guest = std::make_unique<Guest>();
  BareTracker tracker;
  copy_words_atomically(tracker, *guest);
  // In this order, so that no write gets to its first half alone.
  const auto map_both = [&] {
    EXPECT_EQ(tracker.map(1, 1, &guest->page(1)), 0);
    EXPECT_EQ(tracker.map(0, 1, &guest->page(0)), 0);
  };
  map_both();
  ASSERT_EQ(tracker.start(), 0);
  constexpr std::uint64_t kAcross = kPageBytes - 8;
  at_once(tracker, 3, [&](unsigned me) {
    std::array<std::uint64_t, 2> values = {};
    for (std::uint64_t i = 0; i < 1000; ++i) {
      if (me == 0) {
        values = {i, i};
        tidemark_memory_write(tracker.container, kAcross, values.data(), sizeof(values));
      } else if (me == 1) {
        const int result =
            tidemark_memory_read(tracker.container, kAcross, values.data(), sizeof(values));
        EXPECT_TRUE(result || values[0] == values[1]);
      } else {
        EXPECT_EQ(tracker.unmap(0, 2), 0);
        map_both();
      }
    }
  });
}

// What GET_INFO says of P, it says in two places.
TEST(R17, InfoIsOfOneMoment) {
  struct Info {
    vfio_iommu_type1_info head;
    std::array<std::uint8_t, 512> chain;
  };
  const Watchdog watchdog;
  BareTracker tracker;
  at_once(tracker, 3, [&](unsigned me) {
    static const std::array<int, 2> groups = {};  // their addresses are the ids
    for (int i = 0; i < 1000; ++i) {
      if (me == 0) {
        Info info = {};
        info.head.argsz = sizeof(info);
        EXPECT_EQ(tidemark_container_ioctl(tracker.container, VFIO_IOMMU_GET_INFO,
                                           reinterpret_cast<std::uintptr_t>(&info)),
                  0);
        vfio_iommu_type1_info_cap_migration migration;
        std::memcpy(&migration, info.chain.data(), sizeof(migration));
        EXPECT_EQ(info.head.iova_pgsizes & -info.head.iova_pgsizes, migration.pgsize_bitmap);
      } else {
        const std::uint64_t smallest = me == 1 ? 0x40201000 : 0x40200000;
        EXPECT_EQ(tracker.attach_hardware(&groups[me - 1], smallest), 0);
        tidemark_group_detach(tracker.container, &groups[me - 1]);
      }
    }
  });
}

class AnyCall {
 public:
  AnyCall(BareTracker& tracker, Driver& driver, Guest& guest, unsigned seed)
      : tracker_(tracker), driver_(driver), guest_(guest), random_(seed) {}

  void operator()() {
    const std::uint64_t page = random_() % 8 * 4;
    switch (random_() % 13) {
      case 0:
      case 1:
        tracker_.map(page, 4, &guest_.page(page));
        break;
      case 2:
        tracker_.unmap(page, 8, words_);
        break;
      case 3:
        tracker_.unmap(page, 4);
        break;
      case 4:
        random_() % 8 ? tracker_.start() : tracker_.stop();
        break;
      case 5:
      case 6:
        tracker_.query(page, 16, words_);
        break;
      case 7:
        driver_.pin(page + random_() % 4);
        break;
      case 8:
        driver_.unpin(page + random_() % 4);
        break;
      case 9:
        tracker_.write(page, random_());
        break;
      case 10:
        read(page);
        break;
      case 11:
        info();
        break;
      case 12:
        visit();
        break;
    }
  }

 private:
  void read(std::uint64_t page) {
    std::uint64_t value;
    tidemark_memory_read(tracker_.container, page * kPageBytes, &value, sizeof(value));
  }
  void info() {
    vfio_iommu_type1_info info = {};
    info.argsz = sizeof(info);
    EXPECT_EQ(tidemark_container_ioctl(tracker_.container, VFIO_IOMMU_GET_INFO,
                                       reinterpret_cast<std::uintptr_t>(&info)),
              0);
  }

  void visit() {
    tidemark_visitor visitor = {};
    visitor.mapping = [](void*, __u64, __u64, __u64, int) {};
    visitor.pin = [](void*, __u64, __u64) {};
    visitor.marks = [](void*, __u64, __u64) {};
    tidemark_container_visit(tracker_.container, &visitor);
  }

  BareTracker& tracker_;
  Driver& driver_;
  Guest& guest_;
  std::mt19937 random_;
  std::vector<std::uint64_t> words_;
};

// As with a file that several threads have open: whoever is the last to leave closes it.
// Whatever a call does after it has let others go on, it does to a container that is gone.
TEST(N3, TheLastToLeaveReleases) {
  constexpr unsigned kUsers = 3;
  const Watchdog watchdog;
  const auto guest = std::make_unique<Guest>();
  for (int round = 0; round < kRounds / 2; ++round) {
    std::optional<BareTracker> tracker(std::in_place);
    copy_words_atomically(*tracker, *guest);
    std::atomic<unsigned> users = kUsers;
    at_once(*tracker, kUsers, [&](unsigned me) {
      {
        Driver driver(*tracker);
        AnyCall any_call(*tracker, driver, *guest, kUsers * static_cast<unsigned>(round) + me);
        for (int i = 0; i < 40; ++i) any_call();
      }
      if (--users == 0) tracker.reset();
    });
  }
}

}  // namespace
}  // namespace tidemark
