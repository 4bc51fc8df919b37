// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Several processes with one container: R16, D5, D8, D11, D12.
#include <cerrno>

#include "support.h"

namespace tidemark {
namespace {

// Each expects what comes out in numbers, as Linux has it.

TEST(R16, WhoMadeTheMappingPaysWhoeverCalls) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=2
    attach g0 emulated
    enroll d0
    map 0p 4p rw by=p1
    map 4p 4p rw by=p2
    memlock 0
    pin d0 0p 2p rw => 2 locked-pages=2
    pin d0 2p 1p rw => -ENOMEM
    pin d0 4p 2p rw by=p3 => 2 locked-pages=4
    pin d0 3p 2p rw by=kernel => -ENOMEM
    unpin d0 0p 1p by=p2
    pin d0 2p 1p rw => 1 locked-pages=4
    unmap 0p 8p by=p3 => 0 size=0x8000 locked-pages=0
  )"));
}

TEST(R16, EachProcessHasALimitOfItsOwn) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=3
    attach g0 hardware=0
    map 0p 3p rw => 0
    map 3p 1p rw => -ENOMEM
    map 3p 3p rw by=p1 => 0 locked-pages=6
    memlock 5 by=p1
    map 6p 2p rw => -ENOMEM
    map 6p 2p rw by=p1 => 0 locked-pages=8
    map 8p 1p rw by=p1 => -ENOMEM
    memlock unlimited by=p2
    map 8p 100p rw by=p2 => 0 locked-pages=108
  )"));
}

TEST(R16, WhoHadTheRightWhenMappingHasNoLimit) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=1
    attach g0 emulated
    enroll d0
    map 0p 4p rw ipc-lock
    map 4p 4p rw
    pin d0 0p 4p rw => 4 locked-pages=4
    pin d0 4p 1p rw => -ENOMEM
    attach g1 hardware=0 => -ENOMEM
    unmap 4p 4p => 0
    attach g1 hardware=0 => 0 locked-pages=4
    map 4p 1p rw => -ENOMEM
    map 4p 2p rw ipc-lock => 0 locked-pages=6
  )"));
}

// As __account_locked_vm() of mm/util.c, which compares the whole locked_vm.
TEST(D11, WhatTheProcessHasLockedByItselfCounts) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=6
    attach g0 emulated
    enroll d0
    map 0p 8p rw
    mlock 4
    pin d0 0p 3p rw => -ENOMEM
    pin d0 0p 2p rw => 2 locked-pages=2
    mlock 3
    pin d0 2p 1p rw => 1 locked-pages=3
    mlock 100 by=p1
    mlock 0
    pin d0 3p 3p rw => 3
    mlock 1
    pin d0 6p 1p rw => -ENOMEM
    pin d0 0p 6p rw => 6
    unpin d0 0p 6p
    unpin d0 0p 6p
    attach g1 hardware=0 => -ENOMEM
    memlock 9
    attach g1 hardware=0 => 0 locked-pages=8
    mlock 7
    detach g1
    pin d0 0p 2p rw => 2
    pin d0 2p 1p rw => -ENOMEM
  )"));
}

TEST(D5, AnOwnerThatIsGoneHasNoPagesToPin) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw by=p1
    map 4p 1p rw by=p2
    pin d0 0p 2p rw => 2 locked-pages=2
    exit p1
    pin d0 0p 2p rw by=p1 => 2 locked-pages=0 pinned-pages=2
    pin d0 1p 2p rw by=p1 => -ENODEV
    pin d0 4p 1p rw => 1
    exec p2
    pin d0 4p 1p rw => 1
    unpin d0 4p 1p
    unpin d0 4p 1p
    pin d0 4p 1p rw by=p2 => -ENODEV
    unpin d0 0p 2p
    unpin d0 0p 2p
  )"));
}

TEST(D8, AnAttachPinsTheOwnersPages) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=4
    attach g0 emulated
    map 0p 3p rw
    map 3p 3p rw by=p1
    memlock 0 by=p2
    attach g1 hardware=0 by=p2 => 0 locked-pages=6
    detach g1 by=p1
    exit p1
    attach g1 hardware=0 by=p2 => -ENODEV locked-pages=0
    unmap 3p 3p by=p2 => 0
    attach g1 hardware=0 by=p2 => 0 locked-pages=3
    exec p0
    attach g2 hardware=1 by=p2 => 0 locked-pages=0
    detach g1
    detach g2
    attach g2 hardware=1 => -ENODEV
  )"));
}

// What a process that is gone has pinned stays so, and devices go on writing it.
TEST(N1, MappingsOutliveTheirProcess) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    attach g1 emulated
    enroll d0
    enroll d1
    map 0p 4p rw by=p1
    pin d1 3p 1p rw => 1
    exit p1
    start by=p2
    dma g0 1p 8
    query 0p 4p by=p3 => 0 words 0:0xf
    pin d0 0p 1p rw => -ENODEV
    pin d0 3p 1p rw => 1
    query 0p 4p => 0 words 0:0xf
    query 0p 4p => 0 words 0:0x8
    dma d1 3p 8
    unmap 0p 4p bitmap by=p2 => 0 size=0x4000 words 0:0x8
  )"));
}

TEST(D12, OnlyTheOwnerAndThreadsOfTheKernelReachAMapping) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    map 0p 1p rw
    map 1p 1p rw by=p1
    start
    write 0p 8192 => -EFAULT marks=0x0-0xfff
    write 1p 8 by=p1 => 0
    write 0p 8 by=p1 => -EFAULT
    read 0p 8192 by=kernel => 0
    write 0p 8192 by=kernel => 0 marks=0x0-0x1fff
    query 0p 2p => 0 words 0:0x3
    exec p1
    write 1p 8 by=p1 => -EPERM
    write 1p 8 by=kernel => -EPERM
    write 1p 8 => -EPERM marks=none
    map 2p 1p rw by=p1
    write 2p 8 by=p1 => 0
  )"));
}

TEST(D10, ANewProcessOfTheSameNumberIsAnotherOne) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=2
    attach g0 hardware=0
    memlock 4 by=p1
    mlock 1 by=p1
    map 0p 3p rw by=p1 => 0 locked-pages=3
    exec p1
    map 4p 4p rw by=p1 => 0 locked-pages=4
    exit p1
    map 8p 3p rw by=p1 => -ENOMEM
    map 8p 2p rw by=p1 => 0 locked-pages=2
    unmap 0p 8p => 0 locked-pages=2
  )"));
}

TEST(D6, WindowsAreOpenToAllProcesses) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 1p rw by=p1
    map 2p 1p rw by=p2
    pin d0 0p 1p rw
    window d0: write 2p 8 => -EFAULT
    window d0: exit p1
    window d0: pin d0 0p 1p rw by=p2 => -ENODEV
    window d0: map 4p 1p rw by=p3 => 0
    unmap 0p 1p by=p2 => 0 size=0x1000
    write 4p 8 by=p3 => 0
    write 4p 8 => -EFAULT
  )"));
}

}  // namespace
}  // namespace tidemark
