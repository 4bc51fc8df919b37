// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Pins: R3, R9, B9, D5, D16, N3.
#include <array>
#include <string>

#include "factories.h"
#include "support.h"

namespace tidemark {
namespace {

// Eight pages, tracked, and a device of an emulated group.
constexpr const char* kEightPages = R"(
    attach g0 emulated
    attach g1 emulated
    enroll d0
    map 0p 8p rw
    start
)";

testing::AssertionResult with_eight(const std::string& rest) { return runs(kEightPages + rest); }

TEST(R3, APinnedPageIsDirtyInEveryQuery) {
  EXPECT_TRUE(with_eight(R"(
    pin d0 1p 2p rw => 2
    query m0 m0.size => 0 words 0:0x6
    query m0 m0.size => 0 words 0:0x6
    dma d0 2p 8
    query m0 m0.size => 0 words 0:0x6
  )"));
}

TEST(R3, ReportedOnceMoreAfterTheLastUnpin) {
  EXPECT_TRUE(with_eight(R"(
    pin d0 1p 1p rw
    query m0 m0.size => 0 words 0:0x2
    dma d0 1p 8
    unpin d0 1p 1p
    query m0 m0.size => 0 words 0:0x2
    query m0 m0.size => 0 words
  )"));
}

TEST(R3, ReportedThoughUnpinnedBeforeAnyQuery) {
  EXPECT_TRUE(with_eight(R"(
    pin d0 1p 1p rw
    dma d0 1p 8
    unpin d0 1p 1p
    query m0 m0.size => 0 words 0:0x2
    query m0 m0.size => 0 words
  )"));
}

TEST(R3, PinsAreCounted) {
  EXPECT_TRUE(with_eight(R"(
    pin d0 1p 1p rw => 1
    pin d1 1p 1p rw => 1
    unpin d0 1p 1p
    query m0 m0.size => 0 words 0:0x2
    dma d1 1p 8
    query m0 m0.size => 0 words 0:0x2
    unpin d1 1p 1p
    query m0 m0.size => 0 words 0:0x2
    query m0 m0.size => 0 words
  )"));
}

TEST(R3, AReadOnlyPinCountsToo) {
  EXPECT_TRUE(with_eight(R"(
    pin d0 3p 1p r => 1
    pin d0 4p 1p none => 1
    query m0 m0.size => 0 words 0:0x18
    query m0 m0.size => 0 words 0:0x18
  )"));
}

TEST(R3, PinnedBeforeStartIsDirtyToo) {
  EXPECT_TRUE(with_eight(R"(
    stop
    pin d0 3p 1p rw => 1
    start
    unpin d0 3p 1p
    query m0 m0.size => 0 words 0:0x8
    query m0 m0.size => 0 words
  )"));
}

TEST(R3, AQueryBesideAPinLeavesIt) {
  EXPECT_TRUE(with_eight(R"(
    map 8p 120p rw
    pin d0 8p 1p rw
    pin d0 127p 1p rw
    query 0p 8p => 0 words
    unpin d0 8p 1p
    query 0p 128p => 0 words 0:0x100 1:0x8000000000000000
    query 0p 128p => 0 words 1:0x8000000000000000
  )"));
}

TEST(R9, AFailedPinUnpinsWhatItPinnedAndLeavesTheMarks) {
  EXPECT_TRUE(with_eight(R"(
    pin d0 6p 3p rw => -EINVAL
    query m0 m0.size => 0 words 0:0xc0
    query m0 m0.size => 0 words
  )"));
}

TEST(R9, PagesThatWerePinnedBeforeStayPinned) {
  EXPECT_TRUE(with_eight(R"(
    pin d0 7p 1p rw => 1
    pin d0 6p 3p rw => -EINVAL
    query m0 m0.size => 0 words 0:0xc0
    query m0 m0.size => 0 words 0:0x80
    unpin d0 7p 1p
    query m0 m0.size => 0 words 0:0x80
    query m0 m0.size => 0 words
  )"));
}

TEST(R9, WhateverItFailsOf) {
  EXPECT_TRUE(with_eight(R"(
    map 8p 2p r
    pin d0 6p 3p rw => -EPERM
    pin d0 2p 4p rw fault=memory+2 => -EFAULT
    memlock 1
    pin d0 0p 2p rw => -ENOMEM
    memlock unlimited
    query m1 m1.size => 0 words 0:0xcd
    query m1 m1.size => 0 words
    pin d0 0p 4p rw fail-alloc=2 => -ENOMEM
    pin d0 0p 4p rw fail-alloc=0 => -ENOMEM
  )"));
}

TEST(B9, APinOfNoPageIsRefusedAndPromotesNothing) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    enroll d0
    map 0p 4p rw
    start
    pin d0 0p 0p rw => -EINVAL
    pin d0 0p -1p rw => -EINVAL
    pin d0 1 0p rw => -EINVAL
    query m0 m0.size => 0 words 0:0xf
    query m0 m0.size => 0 words 0:0xf
  )"));
}

TEST(B9, MoreThan512PagesAtOnceAreTooMany) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 1000p rw
    pin d0 0p 513p rw => -E2BIG
    pin d0 1 513p rw => -E2BIG
    pin d0 0p 512p rw => 512
  )"));
}

TEST(B9, OnAV1ContainerToo) {
  EXPECT_TRUE(runs(R"(
    container v1
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    pin d0 0p 1p rw => -EACCES
    pin d0 1 1p rw => -EACCES
    pin d0 0p 0p rw => -EINVAL
    pin d0 0p 513p rw => -E2BIG
    unpin d0 0p 1p
  )"));
}

TEST(D5, TheOrderOfErrors) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p r
    pin d0 0p 1p rw => -EINVAL
    attach g0 emulated
    pin d0 0p 1p r => -EINVAL
    enroll d0
    pin d1 0p 1p r => -EINVAL
    pin d0 4p 1p rw => -EINVAL
    pin d0 0p 1p rw fault=memory+0 => -EPERM
    pin d0 0p 1p w => -EPERM
    memlock 0
    pin d0 0p 1p r fault=memory+0 => -EFAULT
    pin d0 0p 1p r fail-alloc=0 => -ENOMEM
    pin d0 0p 1p r => -ENOMEM
    memlock 1
    pin d0 0p 1p r => 1
    withdraw d0
    pin d0 0p 1p r => -EINVAL
    enroll d1
    pin d0 0p 1p r => 1
  )"));
}

TEST(D5, ThePfnsAreThoseOfTheUsersPages) {
  Executor executor;
  run_all(executor, R"(
    attach g0 emulated
    enroll d0
    map 10p 6p rw
  )",
          make_tracker);
  // Pages 11 and 12 are neighbours for the user, not in the host.
  const auto pfn = [&](std::uint64_t page) {
    return World::pfn_of(executor.mappings().newest(0).vaddr + (page - 10) * kPageBytes);
  };
  std::array<std::uint64_t, 512> pfns = {};
  ASSERT_EQ(executor.subject().pin(0, 11 * kPageBytes, 3, 3, pfns.data()), 3);
  EXPECT_EQ(pfns[0], pfn(11));
  EXPECT_EQ(pfns[1], pfn(12));
  EXPECT_EQ(pfns[2], pfn(13));
  EXPECT_EQ(pfns[2], pfns[1] + 1);
  EXPECT_NE(pfns[1], pfns[0] + 1);
  EXPECT_EQ(pfns[3], 0u);
  ASSERT_EQ(executor.subject().pin(0, 11 * kPageBytes, 1, 3, pfns.data()), 1);
  EXPECT_EQ(pfns[0], pfn(11));
  executor.subject().unpin(11 * kPageBytes, 3);
  executor.subject().unpin(11 * kPageBytes, 1);
  executor.release();
}

TEST(D5, AnAddressWithinAPageIsThatPage) {
  EXPECT_TRUE(with_eight(R"(
    map 8p 1p rw
    pin d0 2p-1 1p rw => 1
    pin d0 7p+1 2p rw => 2
    query 0p 9p => 0 words 0:0x182
    pin d0 8p+1 2p rw => -EINVAL
    pin d0 9p+1 1p rw => -EINVAL
    pin d0 2^64-1 1p rw => -EINVAL
    unpin d0 7p 2p
    query 0p 9p => 0 words 0:0x182
    query 0p 9p => 0 words 0:0x2
  )"));
}

TEST(D5, APinGoesOverMappings) {
  EXPECT_TRUE(with_eight(R"(
    map 8p 8p rw
    pin d0 6p 4p rw => 4
    query 0p 16p => 0 words 0:0x3c0
  )"));
}

TEST(D16, UnpinEndsAtAHoleAndPassesOverWhatIsNotPinned) {
  EXPECT_TRUE(with_eight(R"(
    map 10p 4p rw
    pin d0 1p 1p rw
    pin d0 3p 1p rw
    pin d0 7p 1p rw
    pin d0 10p 1p rw
    query 0p 14p => 0 words 0:0x48a
    unpin d0 0p 14p
    query 0p 14p => 0 words 0:0x48a
    query 0p 14p => 0 words 0:0x400
  )"));
}

TEST(D16, AnAddressWithinAPageIsThatPage) {
  EXPECT_TRUE(with_eight(R"(
    pin d0 1p 2p rw
    query 0p 8p => 0 words 0:0x6
    unpin d0 2p-1 2p
    query 0p 8p => 0 words 0:0x6
    query 0p 8p => 0 words
    pin d0 1p+7 1p rw
    unpin d0 1p+9 1p
    query 0p 8p => 0 words 0:0x2
    query 0p 8p => 0 words
  )"));
}

TEST(D16, OddUnpinsDoNothing) {
  EXPECT_TRUE(with_eight(R"(
    pin d0 0p 4p rw
    unpin d0 0p 0p
    unpin d0 0p -1p
    unpin d0 0p 513p
    unpin d0 2^64-1p 2p
    query m0 m0.size
    query m0 m0.size => 0 words 0:0xf
    unpin d0 0p 4p
    unpin d0 0p 4p
    query m0 m0.size => 0 words 0:0xf
    query m0 m0.size => 0 words
  )"));
}

TEST(D16, AnUnpinThatRunsIntoAHoleIsWarnedAbout) {
  BareTracker tracker;
  ASSERT_EQ(tracker.map(0, 4, nullptr), 0);
  tracker.unpin(0, 4);
  EXPECT_EQ(tracker.machine.nr_warnings, 0u);
  tracker.unpin(0, 5);
  EXPECT_EQ(tracker.machine.nr_warnings, 1u);
  tracker.unpin(0, 513);
  EXPECT_EQ(tracker.machine.nr_warnings, 2u);
}

TEST(N3, PinsThatAreLeftAtTheEndAreDropped) {
  EXPECT_TRUE(with_eight(R"(
    pin d0 0p 4p rw
    pin d0 2p 4p rw
    map 100p 4p rw
  )"));
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    attach g1 hardware=6
    enroll d0
    map 0p 8p rw
    pin d0 0p 4p rw
    start
  )"));
}

// As vfio_iommu_type1.c's vfio_pin_page_external().
TEST(D5, AProcessThatIsGoneHasNoPagesToPin) {
  BareTracker tracker;
  int group;
  ASSERT_EQ(tracker.attach(&group), 0);
  tidemark_device device = {};
  tidemark_device_register(tracker.container, &device);
  ASSERT_EQ(tracker.map(0, 4, nullptr), 0);
  ASSERT_EQ(tracker.pin(&group, 1, 1), 1);
  tracker.process.gone = true;
  EXPECT_EQ(tracker.pin(&group, 1, 1), 1);
  EXPECT_EQ(tracker.pin(&group, 1, 2), -ENODEV);
  EXPECT_EQ(tracker.stats().pinned_pages, 1u);
  tracker.unpin(1, 1);
  tracker.unpin(1, 1);
  EXPECT_EQ(tracker.stats().locked_pages, 0u);
  tidemark_device_unregister(tracker.container, &device);
}

TEST(D6, ADeviceThatIsNotRegisteredCannotLeave) {
  BareTracker tracker;
  tidemark_device first = {}, second = {}, never = {};
  tidemark_device_unregister(tracker.container, &never);
  EXPECT_EQ(tracker.machine.nr_warnings, 1u);
  tidemark_device_register(tracker.container, &first);
  tidemark_device_register(tracker.container, &second);
  tidemark_device_unregister(tracker.container, &never);
  EXPECT_EQ(tracker.machine.nr_warnings, 2u);
  tidemark_device_unregister(tracker.container, &first);
  tidemark_device_unregister(tracker.container, &first);
  EXPECT_EQ(tracker.machine.nr_warnings, 3u);
  tidemark_device_unregister(tracker.container, &second);
  EXPECT_EQ(tracker.machine.nr_warnings, 3u);
}

// Linux leaves GET_INFO's chain behind when an allocation fails (facts: a leak).
TEST(N3, NothingIsLeftAfterAnyFailure) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=10
    attach g0 hardware=7
    info fail-alloc=0 => -ENOMEM
    info fault=arg-write+3 => -EFAULT
    info fault=arg-write+0 => -EFAULT
    map 16p 8p rw fault=memory+0 => -EFAULT
    map 16p 8p rw fault=memory+4 => -EFAULT
    map 16p 12p rw => -ENOMEM
    map 16p 4p rw => 0
    attach g1 hardware=3 => -EINVAL
    attach g1 hardware=1 fail-alloc=0 => -ENOMEM
    attach g1 hardware=1 fail-alloc=1 => -ENOMEM
    start fail-alloc=0 => -ENOMEM
  )"));
}

}  // namespace
}  // namespace tidemark
