// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// D19: where a call can run out of memory, and where it cannot. With fail-alloc it
// returns what it does without, unless it comes to a point.
#include <iterator>
#include <string>

#include "liar.h"
#include "support.h"

namespace tidemark {
namespace {

TEST(D19, MapChecksBeforeItNeedsMemory) {
  EXPECT_TRUE(runs(R"(
    container v2 entries=2
    attach g0 emulated
    map 0p 4p rw => 0
    map 8p 0p rw fail-alloc=0 => -EINVAL
    map 8p 4p rw flags=0 fail-alloc=0 => -EINVAL
    map 8p 4p rw flags=7 fail-alloc=0 => -EINVAL
    map 8p 4p rw argsz=31 fail-alloc=0 => -EINVAL
    map 8p+1 4p rw fail-alloc=0 => -EINVAL
    map 2^64-1p 2p rw fail-alloc=0 => -EINVAL
    map 8p 4p rw arg=0x0 fail-alloc=0 => -EFAULT
    map 3p 4p rw fail-alloc=0 => -EEXIST
    map 8p 4p rw fail-alloc=0 => -ENOMEM
    map 8p 4p rw => 0
    map 16p 4p rw fail-alloc=0 => -ENOSPC
  )"));
}

TEST(D19, MapChecksTheValidRangesBeforeItNeedsMemory) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=7
    map 0p 16p rw fail-alloc=0 => -EINVAL
    map 16p 16p rw fail-alloc=0 => -ENOMEM
    map 16p 16p rw => 0
  )"));
}

// Behind M5 comes what the host, the limit, the IOMMUs and D4 say, and then M6.
TEST(D19, MapNeedsMemoryForItsMarksLast) {
  EXPECT_TRUE(runs(R"(
    container v2 memlock=8
    attach g0 hardware=0
    start
    map 0p 2p rw vaddr=2^63 fail-alloc=0 => -ENOMEM
    map 0p 2p rw vaddr=2^63 fail-alloc=1 => -EFAULT
    map 0p 9p rw fail-alloc=1 => -ENOMEM
    map 0p 8p rw fail-alloc=1 => -ENOMEM
    map 0p 8p rw => 0
    query 0p 8p => 0 words 0:0xff
  )"));
}

TEST(D19, StartNeedsMemoryForMappingsOnly) {
  EXPECT_TRUE(runs(R"(
    start fail-alloc=0 => 0
    start fail-alloc=0 => 0
    stop fail-alloc=0 => 0
    map 0p 4p rw => 0
    start argsz=7 fail-alloc=0 => -EINVAL
    start flags=3 fail-alloc=0 => -EINVAL
    start arg=0x0 fail-alloc=0 => -EFAULT
    start fail-alloc=0 => -ENOMEM
    query 0p 4p fail-alloc=0 => -EINVAL
    start => 0
    start fail-alloc=0 => 0
    query 0p 4p fail-alloc=0 => 0 words
  )"));
}

// D4: mapping by mapping, ascending; each is checked, then it needs memory.
TEST(D19, StartChecksAMappingBeforeItNeedsMemoryForIt) {
  EXPECT_TRUE(runs(R"(
    map 0p 2147483648p rw => 0
    map 2147483648p 1p rw => 0
    start fail-alloc=0 => -EINVAL
    unmap 0p 2147483648p => 0
    map 2147483649p 2147483648p rw => 0
    start fail-alloc=0 => -ENOMEM
    start fail-alloc=1 => -EINVAL
    query 0p 4p => -EINVAL
  )"));
}

TEST(D19, AttachChecksOneThingBeforeItNeedsMemory) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated => 0
    attach g0 emulated fail-alloc=0 => -EINVAL
    attach g0 hardware=0 fail-alloc=0 => -EINVAL
    attach g1 hardware=6 => 0
    attach g2 hardware=0 fail-alloc=0 => -ENOMEM
    attach g2 hardware=0 fail-alloc=1 => -EINVAL
    detach g1 fail-alloc=0
    attach g2 emulated fail-alloc=0 => -ENOMEM
    attach g2 hardware=0 fail-alloc=1 => -ENOMEM
    attach g2 hardware=0 => 0
  )"));
}

TEST(D19, InfoChecksItsArgumentBeforeItNeedsMemory) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    info argsz=15 fail-alloc=0 => -EINVAL
    info arg=0x0 fail-alloc=0 => -EFAULT
    info argsz=16 fail-alloc=0 => -ENOMEM
    info fail-alloc=0 => -ENOMEM
  )"));
}

TEST(D19, PinChecksBeforeItNeedsMemory) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p r
    map 8p 1p rw vaddr=2^63
    attach g0 emulated
    pin d0 0p 1p r fail-alloc=0 => -EINVAL
    enroll d0
    pin d1 0p 1p r fail-alloc=0 => -EINVAL
    pin d0 0p 0p r fail-alloc=0 => -EINVAL
    pin d0 0p 513p r fail-alloc=0 => -E2BIG
    pin d0 4p 1p r fail-alloc=0 => -EINVAL
    pin d0 0p 1p rw fail-alloc=0 => -EPERM
    pin d0 8p 1p rw fail-alloc=0 => -EFAULT
    pin d0 3p 2p r fail-alloc=0 => -ENOMEM
    pin d0 3p 2p r fail-alloc=1 => -EINVAL
    pin d0 0p 2p r => 2
    pin d0 0p 2p r fail-alloc=0 => 2
  )"));
}

TEST(D19, OnAV1ContainerToo) {
  EXPECT_TRUE(runs(R"(
    container v1
    attach g0 emulated
    enroll d0
    map 0p 4p rw fail-alloc=0 => -ENOMEM
    map 0p 4p rw => 0
    start fail-alloc=0 => -EACCES
    pin d0 0p 1p r fail-alloc=0 => -EACCES
  )"));
}

TEST(D19, TheOthersNeedNone) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0 fail-alloc=0
    map 0p 4p rw => 0
    start => 0
    write 1p 8 fail-alloc=0 => 0
    read 0p 8 fail-alloc=0 => 0
    pin d0 0p 1p rw => 1
    query 0p 4p fail-alloc=0 => 0 words 0:0x3
    extension 1 fail-alloc=0 => 1
    ioctl 0x1234 fail-alloc=0 => -ENOTTY
    unpin d0 0p 1p fail-alloc=0
    unmap 0p 4p bitmap fail-alloc=0 => 0 words 0:0x1
    stop fail-alloc=0 => 0
    withdraw d0 fail-alloc=0
    detach g0 fail-alloc=0
  )"));
}

TEST(D19, InAWindow) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    pin d0 0p 1p rw => 1
    window d0: map 0p 1p rw fail-alloc=0
    window d0: map 8p 1p rw fail-alloc=0
    window d0: start fail-alloc=0
    window d0: info argsz=15 fail-alloc=0
    unmap 0p 4p fail-alloc=0 => 0
    query 0p 4p => -EINVAL
  )"));
}

// R9: the pages before the one that it ran out at stay marked. Which one that was cannot
// be told of pages that had a mark before, nor need it be.
TEST(D19, APinMarksUpToThePageThatItRanOutAt) {
  constexpr const char* kWords[] = {"0x3e", "0x3f", "0x3f", "0x3f", "0x3f", "0x7f"};
  for (std::size_t i = 0; i < std::size(kWords); ++i)
    EXPECT_TRUE(runs(R"(
      attach g0 emulated
      enroll d0
      map 0p 8p rw
      start
      write 1p 8
      pin d0 2p 2p rw => 2
      write 4p 4097
      pin d0 0p 8p rw fail-alloc=)" +
                     std::to_string(i) + " => -ENOMEM\nquery m0 m0.size => 0 words 0:" + kWords[i] +
                     "\nquery m0 m0.size => 0 words 0:0xc"))
        << i;
}

TEST(D19, APinWithoutTrackingMarksNothing) {
  for (const char* fault : {"0", "1", "2"})
    EXPECT_TRUE(runs(std::string("attach g0 emulated\nenroll d0\nmap 0p 4p rw\npin d0 1p 1p rw\n"
                                 "pin d0 0p 4p rw fail-alloc=") +
                     fault + " => -ENOMEM\nstart\nquery m0 m0.size => 0 words 0:0x2"))
        << fault;
}

// What comes of a subject that runs out of memory before it checks anything.
struct Early {
  const char* program;
  const char* signature;
};
constexpr Early kEarly[] = {
    {"map 0p 0p rw fail-alloc=0", "lockstep.map.result.ENOMEM-instead-of-EINVAL"},
    {"map 0p 4p rw\nmap 0p 4p rw fail-alloc=0", "lockstep.map.result.ENOMEM-instead-of-EEXIST"},
    {"container v2 entries=1\nmap 0p 4p rw\nmap 8p 4p rw fail-alloc=0",
     "lockstep.map.result.ENOMEM-instead-of-ENOSPC"},
    {"map 0p 4p rw arg=0x0 fail-alloc=0", "lockstep.map.result.ENOMEM-instead-of-EFAULT"},
    {"attach g0 emulated\nattach g0 emulated fail-alloc=0",
     "lockstep.attach.result.ENOMEM-instead-of-EINVAL"},
    {"info argsz=8 fail-alloc=0", "lockstep.info.result.ENOMEM-instead-of-EINVAL"},
    {"start fail-alloc=0", "lockstep.start.result.ENOMEM-instead-of-success"},
    {"stop fail-alloc=0", "lockstep.stop.result.ENOMEM-instead-of-success"},
    {"container v1\nstart fail-alloc=0", "lockstep.start.result.ENOMEM-instead-of-EACCES"},
    {"map 0p 4p rw\nstart\nquery 0p 4p fail-alloc=0",
     "lockstep.query.result.ENOMEM-instead-of-success"},
    {"map 0p 4p rw\nunmap 0p 4p fail-alloc=0", "lockstep.unmap.result.ENOMEM-instead-of-success"},
    {"extension 1 fail-alloc=0", "lockstep.extension.result.ENOMEM-instead-of-success"},
    {"ioctl 0x1234 fail-alloc=0", "lockstep.ioctl.result.ENOMEM-instead-of-ENOTTY"},
    {"pin d0 0p 513p rw fail-alloc=0", "lockstep.pin.result.ENOMEM-instead-of-E2BIG"},
    {"attach g0 emulated\nenroll d0\npin d0 0p 1p rw fail-alloc=0",
     "lockstep.pin.result.ENOMEM-instead-of-EINVAL"},
    {"attach g0 emulated\nenroll d0\nmap 0p 1p rw\npin d0 0p 1p rw\n"
     "pin d0 0p 1p rw fail-alloc=0",
     "lockstep.pin.result.ENOMEM-instead-of-success"},
    {"attach g0 emulated\nenroll d0\nmap 0p 1p rw\npin d0 0p 1p rw\n"
     "window d0: map 0p 1p rw fail-alloc=0\nunmap 0p 1p",
     "lockstep.unmap.window.map.result.ENOMEM-instead-of-EEXIST"},
};

TEST(D19, MemoryNeededTooEarlyIsSeen) {
  for (const Early& early : kEarly) {
    const Program program = program_of(early.program);
    EXPECT_EQ(signature_of(program, make_tracker), "") << early.program;
    EXPECT_EQ(signature_of(program, lying<Lie::needs_memory_first>), early.signature)
        << early.program;
  }
}

// Where all checks before a call's first point are passed, early is in time.
TEST(D19, MemoryNeededInTimeIsRight) {
  for (const char* program :
       {"map 0p 4p rw fail-alloc=0", "attach g0 emulated fail-alloc=0",
        "map 0p 4p rw\nstart fail-alloc=0", "info fail-alloc=0",
        "attach g0 emulated\nenroll d0\nmap 0p 2p rw\nstart\npin d0 0p 2p rw fail-alloc=0"})
    EXPECT_EQ(signature_of(program_of(program), lying<Lie::needs_memory_first>), "") << program;
}

}  // namespace
}  // namespace tidemark
