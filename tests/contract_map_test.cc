// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Mapping: R15, R16, B4, D10, D11.
#include <cerrno>

#include "support.h"

namespace tidemark {
namespace {

TEST(R15, ArgumentRules) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw argsz=31 => -EINVAL
    map 0p 4p rw argsz=31 fault=arg-read+3 => -EFAULT
    map 0p 4p rw fault=arg-read+0 => -EFAULT
    map 0p 4p rw flags=0 => -EINVAL
    map 0p 4p rw flags=4 => -EINVAL
    map 0p 4p rw flags=7 => -EINVAL
    map 0p 4p none => -EINVAL
    map 0p 4p rw flags=2147483651 => -EINVAL
    map 0p 4p rw argsz=32 => 0
    map 4p 4p r fault=arg-read+4 => 0
    map 8p 4p w => 0
  )"));
}

TEST(R15, RangeRules) {
  EXPECT_TRUE(runs(R"(
    map 0p 0p rw => -EINVAL
    map 1 4p rw => -EINVAL
    map 0p 4p+1 rw => -EINVAL
    map 0p 4p rw vaddr=fresh+1 => -EINVAL
    map 2^64-4p 8p rw => -EINVAL
    map 0p 8p rw vaddr=2^64-4p => -EINVAL
    map 0p 8p rw vaddr=2^64-8p => 0
    map 2^64-4p 4p rw => 0
  )"));
}

TEST(R15, OverlapIsEexist) {
  EXPECT_TRUE(runs(R"(
    map 4p 4p rw => 0
    map 4p 4p rw => -EEXIST
    map 0p 5p rw => -EEXIST
    map 7p 5p rw => -EEXIST
    map 5p 2p rw => -EEXIST
    map 0p 100p rw => -EEXIST
    map 0p 4p rw => 0
    map 8p 4p rw => 0
  )"));
}

TEST(R15, TheEntryLimit) {
  EXPECT_TRUE(runs(R"(
    container v2 entries=2
    map 0p 1p rw => 0
    map 4p 1p rw => 0
    map 8p 1p rw => -ENOSPC
    map 4p 1p rw => -EEXIST
    unmap 0p 1p => 0
    map 8p 1p rw => 0
    map 0p 1p rw => -ENOSPC
  )"));
}

TEST(R15, NoEntryAtAll) {
  EXPECT_TRUE(runs(R"(
    container v2 entries=0
    map 0p 1p rw => -ENOSPC
    info => 0
  )"));
}

// By default a container holds 65535.
TEST(R15, TheDefaultEntryLimit) {
  BareTracker tracker;
  for (std::uint64_t i = 0; i < 65535; ++i) ASSERT_EQ(tracker.map(2 * i, 1, nullptr), 0);
  EXPECT_EQ(tracker.stats().dma_avail, 0u);
  EXPECT_EQ(tracker.map(2 * 65535, 1, nullptr), -ENOSPC);
}

TEST(R15, AFailedMapLeavesNoEntryBehind) {
  EXPECT_TRUE(runs(R"(
    container v2 entries=1
    start
    map 0p 4p rw fail-alloc=0 => -ENOMEM
    map 0p 4p rw fail-alloc=1 => -ENOMEM
    map 0p 4p rw => 0
    query m0 m0.size => 0 words
  )"));
}

TEST(R15, AFailedMapWithHardwareLeavesNoTrace) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=20
    attach g0 hardware=0
    attach g1 hardware=6
    start
    map 0p 4p rw fail-alloc=0 => -ENOMEM
    map 0p 4p rw fail-alloc=1 => -ENOMEM
    map 0p 4p rw fault=memory+2 => -EFAULT
    map 0p 4p rw fault=memory+0 => -EFAULT
    map 0p 21p rw => -ENOMEM
    map 0p 20p rw => 0
    map 20p 1p rw => -ENOMEM
    unmap 0p 20p => 0
    map 20p 20p rw => 0
  )"));
}

TEST(R15, WhileTrackingAMappingOfTooManyPagesIsRefused) {
  EXPECT_TRUE(runs(R"(
    start
    map 0p 2147483648p rw => -EINVAL
    map 0p 4p rw => 0
    stop
    unmap 0p 4p => 0
    map 0p 2147483648p rw => 0
  )"));
}

// The check is the last one, and undoes what came before it.
TEST(D10, TheTrackingLimitComesAfterTheMemory) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=2147483647
    attach g0 hardware=0
    start
    map 0p 2147483648p rw => -ENOMEM
    memlock unlimited
    map 0p 2147483648p rw => -EINVAL
    map 0p 2147483648p rw fault=memory+0 => -EFAULT
    map 0p 4p rw => 0
  )"));
}

TEST(D10, TheOrderOfErrors) {
  EXPECT_TRUE(runs(R"(
    container v2 entries=1
    attach g0 hardware=7
    map 16p 4p rw vaddr=fresh => 0
    map 16p 4p rw vaddr=fresh+1 => -EINVAL
    map 16p 4p rw => -EEXIST
    map 256p 4p rw => -ENOSPC
    unmap 16p 4p => 0
    map 256p 4p rw => -EINVAL
    map 252p 8p rw => -EINVAL
    map 512p 4p rw fault=memory+0 => -EFAULT
    map 252p 4p rw => 0
  )"));
}

TEST(D10, AddressesThatHardwareCannotReach) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=7
    map 0p 4p rw => -EINVAL
    map 12p 8p rw => -EINVAL
    map 16p 4p rw => 0
    map 68719476732p 4p rw => 0
    map 68719476736p 4p rw => -EINVAL
    map 1043960p 8p rw => 0
    map 1043968p 4p rw => -EINVAL
    map 1044220p 8p rw => -EINVAL
    map 1044224p 4p rw => 0
    map 512p 4p rw => 0
  )"));
}

TEST(D10, EachIommuMapsOnlyMultiplesOfItsPage) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=6
    map 0p 1p rw => 0
    unmap 0p 1p => 0
    attach g1 hardware=2
    map 0p 4p rw => -EINVAL
    map 0p 16p rw => 0
    map 16p 32p rw fault=memory+20 => -EINVAL
    map 16p 32p rw fault=memory+16 => -EFAULT
    map 16p 32p rw => 0
  )"));
}

TEST(R15, PagesAreMultiplesOfP) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=4
    map 0p 1p rw => -EINVAL
    map 1p 2p rw => -EINVAL
    map 0p 2p rw vaddr=fresh+1p => -EINVAL
    map 0p 2p rw => 0
  )"));
}

TEST(R16, MapAccountsWhileAHardwareGroupIsAttached) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=8
    attach g0 hardware=0
    enroll d0
    map 0p 6p rw => 0
    map 8p 3p rw => -ENOMEM
    map 8p 2p rw => 0
    pin d0 0p 4p rw => 4
    unmap 8p 2p => 0
    map 8p 3p rw => -ENOMEM
    map 8p 2p rw => 0
  )"));
}

TEST(R16, TheFirstPinOfAPageAccountsWithoutOne) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=2
    attach g0 emulated
    enroll d0
    map 0p 6p rw => 0
    pin d0 0p 3p rw => -ENOMEM
    pin d0 0p 2p rw => 2
    pin d0 0p 2p rw => 2
    pin d0 2p 1p rw => -ENOMEM
    unpin d0 0p 1p
    pin d0 2p 1p rw => -ENOMEM
    unpin d0 0p 1p
    pin d0 2p 1p rw => 1
    unmap 0p 6p => 0
    map 0p 6p rw => 0
    pin d0 4p 2p rw => 2
  )"));
}

TEST(R16, TheLimitIsReadAtEachCheck) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 6p rw
    pin d0 0p 2p rw => 2
    memlock 1
    pin d0 0p 2p rw => 2
    pin d0 2p 1p rw => -ENOMEM
    memlock 3
    pin d0 2p 1p rw => 1
    memlock 0
    unpin d0 2p 1p
  )"));
}

// With hardware a mapping accounts all its pages, the pinned ones among them.
TEST(D11, TheAccountFollowsTheGroups) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=6
    attach g1 emulated
    enroll d1
    map 0p 6p rw
    pin d1 1p 2p rw => 2
    attach g0 hardware=0 => 0
    pin d1 3p 1p rw => 1
    map 8p 1p rw => -ENOMEM
    detach g0
    pin d1 4p 2p r => 2
    map 8p 4p rw => 0
    pin d1 8p 1p r => 1
    pin d1 9p 1p r => -ENOMEM
    attach g0 hardware=0 => -ENOMEM
    unmap 8p 4p => 0
    attach g0 hardware=0 => 0
  )"));
}

TEST(B4, RangesThatEndAtTheTopOverlapAsAnyOther) {
  EXPECT_TRUE(runs(R"(
    map 2^64-1p 1p rw => 0
    map 2^64-1p 1p rw => -EEXIST
    map 2^64-2p 2p rw => -EEXIST
    map 2^64-2p 1p rw => 0
    unmap 2^64-1p 1p => 0 size=0x1000
    unmap 2^64-2p 2p => 0 size=0x1000
  )"));
}

}  // namespace
}  // namespace tidemark
