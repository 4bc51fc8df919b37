// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is dirty, and until when: R1, R2, R7, R8, B5, D1, D3, D4, D17.
#include <cerrno>

#include "support.h"

namespace tidemark {
namespace {

TEST(R1, StartLeavesOnlyPinnedPagesDirty) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    write m0+3p 8
    pin d0 m0+1p 1p rw => 1
    start => 0
    query m0 m0.size => 0 words 0:0x2
  )"));
}

TEST(R1, StartWhileOnChangesNothing) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    start => 0
    write m0+3p 8 => 0
    start => 0
    query m0 m0.size => 0 words 0:0x8
  )"));
}

TEST(R1, StartAgainForgetsWhatWasBeforeTheStop) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    start
    write m0 8 => 0
    stop => 0
    start => 0
    query m0 m0.size => 0 words
  )"));
}

TEST(R1, WantOfMemoryForTheSecondMappingLeavesTrackingOff) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    map 8p 4p rw
    start fail-alloc=1 => -ENOMEM
    query 0p 12p => -EINVAL
    start fail-alloc=0 => -ENOMEM
    start fail-alloc=2 => 0
    query 0p 12p => 0 words
  )"));
}

TEST(R1, AMappingOfMoreThan2To31Minus1PagesLeavesTrackingOff) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    map 4p 2147483648p rw => 0
    start => -EINVAL
    query m1 m1.size => -EINVAL
    unmap m0 m0.size => 0
    start => 0
  )"));
}

TEST(R1, AMappingOf2To31Minus1PagesIsTracked) {
  EXPECT_TRUE(runs(R"(
    map 0p 2147483647p rw => 0
    start => 0
    write m0.end-8 8 => 0
    query m0 m0.size bitmap_size=268435448 => -EINVAL
    stop => 0
  )"));
}

// With P at 8 KiB the first limit is met, with P at 64 KiB the second.
TEST(D4, TheFirstLimitCountsPagesOfP) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=4
    map 0p 4294967294p rw => 0
    map 4294967294p 2p rw => 0
    start fail-alloc=0 => -ENOMEM
    unmap 0 0 all
    map 0p 4294967296p rw vaddr=4295098368p => 0
    start => -EINVAL
    query 0p 2p => -EINVAL
  )"));
}

TEST(D4, TheSecondLimitCountsPagesOf4KiB) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 33;
  BareTracker tracker;
  int group;
  ASSERT_EQ(tracker.attach_hardware(&group, 0x10000), 0);
  ASSERT_EQ(tracker.map(0, kLimit + 16, nullptr), 0);
  const std::uint64_t allocations = tracker.machine.nr_allocations;
  EXPECT_EQ(tracker.start(), -ENOMEM);
  EXPECT_EQ(tracker.stats().tracking, 0u);
  EXPECT_EQ(tracker.machine.nr_allocations, allocations);

  ASSERT_EQ(tracker.unmap(0, kLimit + 16), 0);
  ASSERT_EQ(tracker.start(), 0);
  EXPECT_EQ(tracker.map(0, kLimit + 16, nullptr), -ENOMEM);
  EXPECT_EQ(tracker.stats().locked_pages, 0u);
  EXPECT_EQ(tracker.stats().nr_mappings, 0u);
  EXPECT_EQ(tracker.map(0, kLimit * 16, nullptr), -EINVAL);

  EXPECT_EQ(tracker.map(0, kLimit, nullptr), 0) << "the largest that there is room for";
  EXPECT_EQ(tracker.stop(), 0);
  EXPECT_EQ(tracker.start(), 0);
}

TEST(D17, StartAndStopLookAtTheirArgumentsFirst) {
  EXPECT_TRUE(runs(R"(
    stop argsz=7 => -EINVAL
    start
    start argsz=7 => -EINVAL
    start arg=0x8 => -EFAULT
    stop => 0
    stop => 0
    stop fault=arg-read+0 => -EFAULT
  )"));
}

TEST(R2, StopTurnsTrackingOff) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    start
    write m0 8
    stop => 0
    query m0 m0.size => -EINVAL
    write m0 8 => 0
  )"));
}

TEST(R2, StopWhileOffChangesNothing) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    stop => 0
    stop => 0
    map 4p 4p rw => 0
    start => 0
    stop => 0
    stop => 0
  )"));
}

TEST(R7, AMappingMadeWhileTrackingStartsClean) {
  EXPECT_TRUE(runs(R"(
    start
    map 0p 4p rw => 0
    query m0 m0.size => 0 words
    write m0+1p 8 => 0
    query m0 m0.size => 0 words 0:0x2
  )"));
}

TEST(R7, UnmapWithoutTheBitmapDiscardsTheMarks) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    start
    write m0+1p 8
    unmap m0 m0.size => 0 size=0x4000
    map 0p 4p rw
    query m0 m0.size => 0 words
  )"));
}

TEST(R8, ReportsOnceThenClean) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    start
    write m0 8
    write m0+2p 8
    query m0 m0.size => 0 words 0:0x5
    query m0 m0.size => 0 words
    write m0+2p 8
    query m0 m0.size => 0 words 0:0x4
  )"));
}

TEST(R8, ClearsNothingOutsideItsRange) {
  EXPECT_TRUE(runs(R"(
    map 0p 2p rw
    map 2p 2p rw
    map 6p 2p rw
    start
    write 0p 8
    write 3p 8
    write 6p 8
    query 2p 2p => 0 words 0:0x2
    query 0p 8p => 0 words 0:0x41
  )"));
}

TEST(R8, ClearsNothingOfAMappingThatItCuts) {
  EXPECT_TRUE(runs(R"(
    container v2 rule=any
    map 0p 8p rw
    start
    write 1p 8
    write 3p 8
    query 2p 3p => 0 words 0:0x2
    query 0p 8p => 0 words 0:0x2
  )"));
}

TEST(R8, MarksOfManyWordsAreAllReportedAndCleared) {
  EXPECT_TRUE(runs(R"(
    map 0p 70000p rw
    start
    write 0p 8
    write 300p 8
    write 4095p 8192
    query m0 m0.size => 0 words 0:0x1 4:0x100000000000 63:0x8000000000000000 64:0x1
    write 65535p 8192
    write 69999p 8
    query m0 m0.size => 0 words 1023:0x8000000000000000 1024:0x1 1093:0x800000000000
    query m0 m0.size => 0 words
  )"));
}

// 64 KiB pages come and go: marks are kept for 4 KiB, so that nothing is lost.
TEST(B5, ALargerPageSizeLosesNothing) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    map 0p 64p rw
    start
    write 17p 8
    write 63p 8
    attach g1 hardware=2 => 0
    enroll d1
    query m0 m0.size pgsize=4096 => -EINVAL
    pin d1 m0 1p r => 1
    unpin d1 m0 1p
    query m0 m0.size => 0 words 0:0xf
    write 18p 8
    query m0 m0.size => 0 words 0:0x2
    query m0 m0.size => 0 words
  )"));
}

TEST(B5, ASmallerPageSizeLosesNothing) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    attach g1 hardware=2
    enroll d1
    map 0p 64p rw
    start
    pin d1 m0 1p r
    unpin d1 m0 1p
    query m0 m0.size => 0 words 0:0xf
    write 17p 8
    detach g1
    query m0 m0.size => 0 words 0:0x20000
    query m0 m0.size => 0 words
  )"));
}

// The new group hides the marks while it is non-pinned; the states' comparison at
// the end sees them.
TEST(B5, TheMarksStayThroughTheChange) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    map 0p 64p rw
    start
    write 17p 8
    write 63p 8
    attach g1 hardware=2 => 0
  )"));
}

TEST(B5, TheChangeItselfNeedsNoMemoryForMarks) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    map 0p 64p rw
    start
    write 17p 8
    attach g1 hardware=2 fail-alloc=0 => -ENOMEM
    attach g1 hardware=2 fail-alloc=1 => -ENOMEM
    attach g1 hardware=2 fail-alloc=2 => 0
    detach g1
    query m0 m0.size => 0 words 0:0xffffffffffffffff
  )"));
}

TEST(D1, ALargePageIsDirtyIfAnyPageInItIs) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=4
    enroll d0
    map 0p 260p rw
    start
    pin d0 m0 1p r
    unpin d0 m0 1p
    query m0 m0.size
    write 1p 8
    write 2p 4096
    write 127p 8192
    write 259p 8
    query m0 m0.size => 0 words 0:0x8000000000000003 1:0x1 2:0x2
  )"));
}

// 3 pages at page 1, in pages of 64 KiB: kinds 6 and 1 share no smaller size.
TEST(D3, MappingsNeedNotBeMultiplesOfALaterPageSize) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=6
    enroll d0
    enroll d1
    map 1p 3p rw => 0
    map 30p 3p rw => 0
    attach g1 hardware=1 => 0
    start => 0
    pin d0 m0 1p rw => 1
    pin d1 m0 1p rw => 1
    unpin d0 m0 1p
    unpin d0 m0 1p
    query 0p 48p => 0 words 0:0x7
    write 3p 8 => 0
    query 1p 3p => -EINVAL
    query 0p 32p => -EINVAL
    query 0p 48p => 0 words 0:0x1
    write 32p 8 => 0
    query 16p 16p => -EINVAL
    query 16p 32p => 0 words 0:0x2
    unmap m0 m0.size => -EINVAL
    unmap 0p 16p => 0 size=0x3000
    unmap 16p 32p bitmap => 0 size=0x3000 words
  )"));
}

}  // namespace
}  // namespace tidemark
