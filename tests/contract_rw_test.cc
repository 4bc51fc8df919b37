// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Drivers that read and write memory themselves: R4, B3, B4, D12, N1.
#include <array>
#include <cerrno>
#include <vector>

#include "factories.h"
#include "support.h"

namespace tidemark {
namespace {

TEST(R4, AWriteMarksEveryPageThatItsBytesTouch) {
  EXPECT_TRUE(runs(R"(
    map 0p 8p rw
    start
    write 1p 1 => 0
    query m0 m0.size => 0 words 0:0x2
    write 3p-1 2 => 0
    query m0 m0.size => 0 words 0:0xc
    write 4p 4096 => 0
    query m0 m0.size => 0 words 0:0x10
    write 4p+1 4096 => 0
    query m0 m0.size => 0 words 0:0x30
    write 8p-1 1 => 0
    query m0 m0.size => 0 words 0:0x80
    write 0p+4095 8194 => 0
    query m0 m0.size => 0 words 0:0xf
  )"));
}

TEST(R4, ReadingMarksNothing) {
  EXPECT_TRUE(runs(R"(
    map 0p 8p rw
    start
    write 1p 8 => 0
    query m0 m0.size => 0 words 0:0x2
    read 0p 12288 => 0
    read 1p 8 => 0
    query m0 m0.size => 0 words
  )"));
}

TEST(R4, ATransferIsAsLongAsItSays) {
  EXPECT_TRUE(runs(R"(
    map 0p 8p rw
    start
    write 0p 8p => 0
    query 0p 8p => 0 words 0:0xff
    read 0p 8p => 0
    read 0p 8p+1 => -EINVAL
    map 8p 500p rw
    write 8p 256p => 0
    read 8p 256p => 0
    read 8p 256p+1 => -E2BIG
    write 0p -1 => -E2BIG
    dma g1 0p 257p => -E2BIG
  )"));
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    map 0p 3p rw
    start
    write 0p 5p => -EINVAL
    dma g0 0p 64p => 0
  )"));
}

TEST(R4, AWriteGoesOverMappings) {
  EXPECT_TRUE(runs(R"(
    map 0p 2p rw
    map 2p 2p rw vaddr=fresh
    start
    write 2p-1 2 => 0
    read 2p-8 16 => 0
    query 0p 4p => 0 words 0:0x6
  )"));
}

TEST(R4, ALaterPartThatFailsLeavesTheMarksOfTheEarlierOnes) {
  EXPECT_TRUE(runs(R"(
    map 0p 2p rw
    map 2p 2p r
    map 4p 2p rw
    start
    write 1p 8192 => -EPERM
    query 0p 6p => 0 words 0:0x2
    write 5p 8192 => -EINVAL
    query 0p 6p => 0 words 0:0x20
  )"));
}

TEST(R4, Rights) {
  EXPECT_TRUE(runs(R"(
    map 0p 1p r
    map 1p 1p w
    map 2p 1p rw
    read 0p 8 => 0
    write 0p 8 => -EPERM
    read 1p 8 => -EPERM
    write 1p 8 => -EPERM
    read 2p 8 => 0
    write 2p 8 => 0
    start
    write 1p 8 => -EPERM
    write 0p 8 => -EPERM
    query 0p 3p => 0 words
  )"));
}

TEST(R4, WhatWasWrittenCanBeRead) {
  Executor executor;
  run_all(executor, R"(
    map 0p 2p rw
    map 2p 2p rw
    write 2p-4 8
  )",
          make_tracker);
  std::array<std::uint8_t, 10> read = {}, there = {};
  ASSERT_EQ(executor.subject().rw(2 * kPageBytes - 5, read.data(), read.size(), false), 0);
  const LiveMappings& mappings = executor.mappings();
  executor.world().memory.read(mappings.newest(1).vaddr + 2 * kPageBytes - 5, there.data(), 5);
  executor.world().memory.read(mappings.newest(0).vaddr, there.data() + 5, 5);
  EXPECT_EQ(read, there);
  EXPECT_EQ(read[0], 0);
  EXPECT_NE(read[1], 0);
  EXPECT_NE(read[8], 0);
  EXPECT_EQ(read[9], 0);
}

TEST(B3, AWriteThatFaultsMidwayHasMarkedAllThatItMayHaveChanged) {
  EXPECT_TRUE(runs(R"(
    map 0p 3p rw
    start
    write 0p 12288 fault=memory+1 => -EFAULT
    query m0 m0.size => 0 words 0:0x7
    write 1p 8192 fault=memory+0 => -EFAULT
    query m0 m0.size => 0 words 0:0x6
    write 0p 12288 fault=memory+1535 => -EFAULT
    query m0 m0.size => 0 words 0:0x7
  )"));
}

TEST(B3, AWriteThatFaultsInItsSecondMappingLeavesTheThirdAlone) {
  EXPECT_TRUE(runs(R"(
    map 0p 1p rw
    map 1p 1p rw
    map 2p 1p rw
    start
    write 0p 12288 fault=memory+512 => -EFAULT
    query 0p 3p => 0 words 0:0x3
  )"));
}

TEST(D12, NothingAndNowhere) {
  EXPECT_TRUE(runs(R"(
    map 0p 1p rw
    write 0p 0 => -EINVAL
    read 0p 0 => -EINVAL
    write 5p 0 => -EINVAL
    read 1p 8 => -EINVAL
    write 1p 8 => -EINVAL
    write 1p-4 8 => -EINVAL
    read 0p 8 fault=memory+0 => -EFAULT
    write 2^64-4 8 => -EINVAL
    map 2^64-1p 1p rw
    write 2^64-4 8 => -EINVAL
    read 2^64-4 8 => -EINVAL
    write 2^64-4 4 => 0
  )"));
}

// What runs past the top must not go on at page 0.
TEST(B4, NothingWrapsToPage0) {
  EXPECT_TRUE(runs(R"(
    map 0p 1p rw
    map 2^64-1p 1p rw
    start
    write 2^64-4 8 => -EINVAL
    query 0p 1p => 0 words
    query 2^64-1p 1p => 0 words 0:0x1
  )"));
}

TEST(D12, WorksOnAV1Container) {
  EXPECT_TRUE(runs(R"(
    container v1
    map 0p 1p rw
    write 0p 8 => 0
    read 0p 8 => 0
  )"));
}

// As vfio_iommu_type1.c's vfio_iommu_type1_dma_rw_chunk().
TEST(D12, OnlyTheProcessThatMadeTheMappingReachesIt) {
  alignas(kPageBytes) std::array<std::uint64_t, 512> memory = {};
  std::vector<std::uint64_t> words;
  BareTracker tracker;
  ASSERT_EQ(tracker.map(0, 1, memory.data()), 0);
  ASSERT_EQ(tracker.start(), 0);

  os_process other = {};
  tracker.machine.process = &other;
  EXPECT_EQ(tracker.write(0, 5), -EFAULT);
  tracker.machine.process = &tracker.process;
  tracker.process.gone = true;
  EXPECT_EQ(tracker.write(0, 5), -EPERM);
  EXPECT_EQ(tracker.write(1, 5), -EINVAL);
  EXPECT_EQ(memory[0], 0u);
  tracker.process.gone = false;
  ASSERT_EQ(tracker.query(0, 1, words), 0);
  EXPECT_EQ(words[0], 0u) << "nothing can have been written";
  EXPECT_EQ(tracker.write(0, 5), 0);
  EXPECT_EQ(memory[0], 5u);
}

// Two of four pages are written in turn, by each kind of writer, over three rounds.
TEST(N1, AMigrationLosesNoPage) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    attach g1 hardware=0
    enroll d0
    enroll d1
    map 0p 4p rw
    map 6p 70p rw
    write 0p 8
    start
    write 1p 8
    dma g1 75p 8
    query 0p 76p
    dma g1 74p 8
    pin d1 7p 1p rw
    pin d0 8p 2p rw
    dma d1 7p 8
    pin d0 0p 1p rw
    query 0p 76p
    dma d0 0p 8
    dma d0 8p 8192
    write 70p 8
    unpin d0 8p 2p
    query 0p 76p
    dma d1 7p 8
    write 2p 8
    unmap 0p 4p bitmap
    detach g1
  )"));
}

}  // namespace
}  // namespace tidemark
