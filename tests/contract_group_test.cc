// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Groups come and go: D2, D8, D9.
#include "factories.h"
#include "support.h"

namespace tidemark {
namespace {

std::uint64_t page_sizes_after(std::string_view text) {
  Executor executor;
  run_all(executor, text, make_tracker);
  return executor.subject().sizes().page_sizes;
}

TEST(D2, AnEmulatedContainerSupportsEveryPowerOfTwoFrom4096) {
  EXPECT_EQ(page_sizes_after(""), ~std::uint64_t{4095});
  EXPECT_EQ(page_sizes_after("attach g0 emulated"), ~std::uint64_t{4095});
  EXPECT_EQ(page_sizes_after("attach g0 emulated\nattach g1 hardware=2\ndetach g1"),
            ~std::uint64_t{4095});
}

TEST(D2, ThePageSizesAreThoseThatAllGroupsShare) {
  EXPECT_EQ(page_sizes_after("attach g0 hardware=0"), 0x40201000u);
  EXPECT_EQ(page_sizes_after("attach g0 hardware=0\nattach g1 hardware=4"), 0x40200000u);
  EXPECT_EQ(page_sizes_after("attach g0 hardware=0\nattach g1 hardware=4\ndetach g0"), 0x40206000u);
  EXPECT_EQ(page_sizes_after("attach g0 hardware=2\nattach g1 hardware=7"), 0x10000u);
}

TEST(D2, SizesBelow4096CountAs4096) {
  EXPECT_EQ(page_sizes_after("attach g0 hardware=6"), 0x11000u);
  EXPECT_EQ(page_sizes_after("attach g0 hardware=6\nattach g1 hardware=6"), 0x11000u);
  // The AND is taken first: nothing below 4096 is shared here.
  EXPECT_EQ(page_sizes_after("attach g0 hardware=6\nattach g1 hardware=1"), 0x10000u);
}

TEST(D2, WithoutACommonPageSizeAttachFails) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=6 => 0
    attach g1 hardware=0 => -EINVAL
    detach g0
    attach g1 hardware=0 => 0
    map 0p 1p rw => 0
  )"));
}

TEST(D8, AGroupIsAttachedOnce) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated => 0
    attach g0 emulated => -EINVAL
    attach g0 hardware=0 => -EINVAL
    attach g0 emulated fail-alloc=0 => -EINVAL
    attach g1 emulated fail-alloc=0 => -ENOMEM
    attach g1 hardware=0 => 0
    attach g1 hardware=0 => -EINVAL
  )"));
}

TEST(D8, MappingsMustLieWhereTheGroupCanReach) {
  EXPECT_TRUE(runs(R"(
    map 0p 16p rw
    attach g0 hardware=7 => -EINVAL
    unmap 0p 16p => 0
    map 268p 4p rw
    attach g0 hardware=7 => -EINVAL
    unmap 268p 4p
    map 252p 4p rw
    attach g0 hardware=7 => 0
    attach g1 hardware=5 => 0
    attach g2 hardware=4 => 0
    info => 0
  )"));
}

TEST(D8, AFortyBitAddressIsTooHighFor39Bits) {
  EXPECT_TRUE(runs(R"(
    map 134217727p 2p rw
    attach g0 hardware=5 => -EINVAL
    unmap 0 0 all
    map 134217727p 1p rw
    attach g0 hardware=5 => 0
    map 134217728p 1p rw => -EINVAL
  )"));
}

TEST(D8, TheFirstHardwareGroupPinsAndAccountsEverything) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=7
    attach g1 emulated
    enroll d1
    map 0p 4p rw
    map 4p 4p rw
    pin d1 2p 1p rw => 1
    attach g0 hardware=0 => -ENOMEM
    memlock 8
    attach g0 hardware=0 => 0
    memlock 0
    attach g2 hardware=0 => 0
    detach g0
    detach g2
  )"));
}

TEST(D8, MemoryThatCannotBePinned) {
  EXPECT_TRUE(runs(R"(
    attach g1 emulated
    map 0p 4p rw
    map 4p 4p rw vaddr=0p
    attach g0 hardware=0 => -EFAULT
    unmap 4p 4p
    attach g0 hardware=0 => 0
    unmap 0p 4p => 0
  )"));
}

TEST(D8, TheGroupsOwnPageSizeDecides) {
  EXPECT_TRUE(runs(R"(
    map 0p 24p rw
    attach g0 hardware=2 => -EINVAL
    unmap 0 0 all
    map 1p 16p rw
    attach g0 hardware=2 => -EINVAL
    unmap 0 0 all
    map 0p 16p rw vaddr=fresh+1p
    attach g0 hardware=2 => -EINVAL
    unmap 0 0 all
    map 0p 16p rw
    attach g0 hardware=2 => 0
    attach g1 hardware=2 => 0
    detach g0
    unmap 0p 16p => 0
  )"));
}

TEST(D8, ASecondGroupThatFailsLeavesTheFirstAsItWas) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=6
    map 0p 16p rw
    map 16p 3p rw
    map 32p 16p rw
    attach g1 hardware=2 => -EINVAL
    unmap 16p 3p => 0
    attach g1 hardware=2 => 0
    map 16p 16p rw => 0
  )"));
}

TEST(D8, AFailedAttachKeepsThePageSizesAndTheRanges) {
  EXPECT_TRUE(runs(R"(
    attach g1 emulated
    map 0p 1p rw
    start
    write 0p 8
    attach g0 hardware=4 => -EINVAL
    info => 0
    query 0p 1p => 0 words 0:0x1
    query 0p 1p => 0 words
  )"));
}

TEST(D9, TheLastGroupTakesAllMappingsAlong) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    attach g1 hardware=0
    enroll d0
    map 0p 4p rw
    pin d0 1p 1p rw
    start
    detach g1
    query 0p 4p => 0 words 0:0xf
    detach g0
    query 0p 4p => 0 words
    map 0p 4p rw => 0
    query 0p 4p => 0 words
    unmap 0p 4p => 0 size=0x4000
  )"));
}

// Six pages of fresh memory are three runs of two, twelve are three of four.
TEST(D8, AMappingComesInRuns) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=18
    attach g0 emulated
    enroll d0
    map 0p 6p rw
    map 8p 12p rw
    pin d0 1p 2p rw => 2
    pin d0 10p 4p rw => 4
    attach g1 hardware=7 => -EINVAL
    memlock 16
    attach g1 hardware=0 => -ENOMEM
    memlock 18
    attach g1 hardware=0 => 0
    attach g2 hardware=5 => 0
    detach g1
    unmap 0p 6p bitmap => -EINVAL
    unmap 0p 6p => 0 size=0x6000
    detach g2
    pin d0 10p 8p rw => 8
  )"));
}

// The pieces that one IOMMU maps may be too small for another's pages.
TEST(D8, EachRunHasToFitTheIommu) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=1
    map 32p 6p rw
    map 0p 16p rw vaddr=m0 => 0
    unmap 32p 6p
    attach g1 hardware=2 => -EINVAL
    attach g1 hardware=4 => 0
    detach g1
    unmap 0p 16p => 0
    map 0p 16p rw => 0
    attach g1 hardware=2 => 0
  )"));
}

// These 16 pages follow each other in the host, too, but not from a multiple of 16 on.
TEST(D8, AlignmentIsThatOfHostMemory) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=1
    map 0p 16p rw vaddr=4295035776p => 0
    attach g1 hardware=2 => -EINVAL
    attach g1 hardware=4 => -EINVAL
    attach g1 hardware=0 => 0
    unmap 0p 16p => 0
    detach g1
    attach g1 hardware=2 => 0
    map 0p 16p rw vaddr=4295035776p => -EINVAL
  )"));
}

TEST(D9, DetachOfAGroupThatIsNotAttachedDoesNothing) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    map 0p 4p rw
    start
    detach g1
    query 0p 4p => 0 words 0:0xf
    unmap 0p 4p => 0 size=0x4000
    detach g0
    detach g0
  )"));
}

TEST(D9, AllAddressesAreValidAgainAfterTheLastHardwareGroup) {
  EXPECT_TRUE(runs(R"(
    attach g1 emulated
    attach g0 hardware=7
    map 0p 4p rw => -EINVAL
    detach g0
    map 0p 4p rw => 0
    info => 0
  )"));
}

// No two kinds of hardware that programs can name exclude each other.
TEST(D8, AGroupThatSharesNoAddressWithTheOthersIsRefused) {
  BareTracker tracker;
  const int low = 0, high = 0;
  ASSERT_EQ(tracker.attach_hardware(&low, kPageBytes, {0, 16 * kPageBytes - 1}), 0);
  const std::uint64_t allocations = tracker.machine.nr_allocations;
  EXPECT_EQ(tracker.attach_hardware(&high, kPageBytes, {16 * kPageBytes, ~__u64{0}}), -EINVAL);
  EXPECT_EQ(tracker.machine.nr_allocations, allocations);
  EXPECT_EQ(tracker.stats().nr_groups, 1u);
  EXPECT_EQ(tracker.map(0, 16, nullptr), 0);
  EXPECT_EQ(tracker.map(16, 1, nullptr), -EINVAL);
}

// Programs only name reserved ranges of whole pages.
TEST(D8, AReservedByteKeepsItsPageOut) {
  BareTracker tracker;
  constexpr std::uint64_t kLast = 16 * kPageBytes - 1;
  const tidemark_iova_range reserved = {kLast, kLast};
  tidemark_group_info info = tracker.hardware_group(kPageBytes, {0, kLast});
  info.reserved = &reserved;
  info.nr_reserved = 1;
  const int id = 0;
  ASSERT_EQ(tidemark_group_attach(tracker.container, &id, &info), 0);
  EXPECT_EQ(tracker.map(15, 1, nullptr), -EINVAL);
  EXPECT_EQ(tracker.map(0, 16, nullptr), -EINVAL);
  EXPECT_EQ(tracker.map(0, 15, nullptr), 0);
}

TEST(D8, ARangeThatEndsAtTheFirstByteTakesItAway) {
  BareTracker tracker;
  constexpr std::uint64_t kFirst = 2 * kPageBytes;
  const tidemark_iova_range reserved = {kPageBytes, kFirst};
  tidemark_group_info info = tracker.hardware_group(kPageBytes, {kFirst, 16 * kPageBytes - 1});
  info.reserved = &reserved;
  info.nr_reserved = 1;
  const int id = 0;
  ASSERT_EQ(tidemark_group_attach(tracker.container, &id, &info), 0);
  EXPECT_EQ(tracker.map(2, 1, nullptr), -EINVAL);
  EXPECT_EQ(tracker.map(3, 1, nullptr), 0);
}

TEST(D8, OfAnEmulatedGroupOnlyTheFlagsCount) {
  BareTracker tracker;
  tidemark_group_info info = {};
  info.nr_reserved = ~__u32{0};
  const int emulated = 0, hardware = 0;
  EXPECT_EQ(tidemark_group_attach(tracker.container, &emulated, &info), 0);
  EXPECT_EQ(tracker.attach_hardware(&hardware, kPageBytes), 0);
}

TEST(D9, TheOtherGroupsRangesStay) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=7
    attach g1 hardware=1 => 0
    map 0p 4p rw => -EINVAL
    detach g0
    map 0p 4p rw => 0
    map 1043968p 4p rw => -EINVAL
    map 256p 4p rw => 0
  )"));
}

}  // namespace
}  // namespace tidemark
