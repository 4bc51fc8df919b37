// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Hardware that writes unseen, until it pins or leaves: R5, R6, B12.
#include "support.h"

namespace tidemark {
namespace {

TEST(R5, AHardwareGroupKeepsAllPagesDirtyUntilItPins) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    enroll d0
    map 0p 70p rw
    start
    query m0 m0.size => 0 words 0:0xffffffffffffffff 1:0x3f
    dma g0 m0+69p 8
    query m0 m0.size => 0 words 0:0xffffffffffffffff 1:0x3f
    pin d0 m0+2p 1p rw => 1
    query m0 m0.size => 0 words 0:0xffffffffffffffff 1:0x3f
    query m0 m0.size => 0 words 0:0x4
  )"));
}

TEST(R5, EachHardwareGroupHasToPinForItself) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    attach g1 hardware=0
    enroll d0
    map 0p 4p rw
    start
    pin d0 m0 1p rw => 1
    pin d0 m0 1p rw => 1
    unpin d0 m0 1p
    unpin d0 m0 1p
    query m0 m0.size => 0 words 0:0xf
    dma g1 m0+3p 8
    query m0 m0.size => 0 words 0:0xf
    pin d1 m0+1p 1p r => 1
    query m0 m0.size => 0 words 0:0xf
    query m0 m0.size => 0 words 0:0x2
  )"));
}

TEST(R5, PinsOfAnEmulatedGroupDoNotEndIt) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    attach g1 emulated
    enroll d1
    map 0p 4p rw
    start
    pin d1 m0 1p rw => 1
    query m0 m0.size => 0 words 0:0xf
    query m0 m0.size => 0 words 0:0xf
  )"));
}

TEST(R5, AFailedPinDoesNotEndIt) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    enroll d0
    map 0p 2p rw
    start
    pin d0 m0 3p rw => -EINVAL
    query m0 m0.size => 0 words 0:0x3
    query m0 m0.size => 0 words 0:0x3
  )"));
}

TEST(R5, APinBeforeStartEndsItToo) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    enroll d0
    map 0p 4p rw
    pin d0 m0 1p rw => 1
    start
    query m0 m0.size => 0 words 0:0x1
  )"));
}

TEST(R5, AttachedAgainAGroupHasPinnedNothing) {
  EXPECT_TRUE(runs(R"(
    attach g1 emulated
    attach g0 hardware=0
    enroll d0
    map 0p 4p rw
    pin d0 m0 1p rw => 1
    detach g0
    attach g0 hardware=0 => 0
    start
    query m0 m0.size => 0 words 0:0xf
    query m0 m0.size => 0 words 0:0xf
  )"));
}

TEST(B12, TheFirstPinReportsAllPagesOnceMore) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    enroll d0
    map 0p 4p rw
    start
    query m0 m0.size => 0 words 0:0xf
    dma g0 m0+3p 8
    pin d0 m0 1p r => 1
    pin d0 m0 1p r => 1
    query m0 m0.size => 0 words 0:0xf
    query m0 m0.size => 0 words 0:0x1
    pin d0 m0+1p 1p r => 1
    query m0 m0.size => 0 words 0:0x3
  )"));
}

TEST(R6, DetachingANonPinnedGroupMarksAllPagesOnce) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    attach g1 emulated
    map 0p 4p rw
    map 8p 2p rw
    start
    query 0p 10p => 0 words 0:0x30f
    dma g0 m0 8
    detach g0
    query 0p 10p => 0 words 0:0x30f
    query 0p 10p => 0 words
  )"));
}

TEST(R6, DetachingAPinnedOrAnEmulatedGroupMarksNothing) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    attach g1 emulated
    attach g2 emulated
    enroll d0
    map 0p 4p rw
    start
    pin d0 m0 1p rw => 1
    unpin d0 m0 1p
    query m0 m0.size => 0 words 0:0xf
    query m0 m0.size => 0 words
    detach g0
    detach g2
    detach g3
    query m0 m0.size => 0 words
  )"));
}

}  // namespace
}  // namespace tidemark
