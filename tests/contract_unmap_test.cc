// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Unmapping: R13, R14, B1, B6, B8, D6, D7, D18.
#include <cerrno>
#include <cstring>

#include "support.h"

namespace tidemark {
namespace {

TEST(R13, ReportsWhatItUnmaps) {
  EXPECT_TRUE(runs(R"(
    map 3p 4p rw
    map 70p 4p rw
    start
    write 4p 8
    write 72p 8
    unmap 3p 100p bitmap => 0 size=0x8000 words 0:0x2 1:0x20
    map 3p 4p rw
    query m0 m0.size => 0 words
  )"));
}

TEST(R13, PinsAreTakenBackFirstAndReported) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 8p rw
    start
    pin d0 m0+1p 2p rw => 2
    query m0 m0.size => 0 words 0:0x6
    unmap m0 m0.size bitmap => 0 size=0x8000 words 0:0x6
  )"));
}

// What a device writes before it lets go is what the destination must get.
TEST(R13, WhatIsWrittenInACallbackIsReported) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 8p rw
    start
    pin d0 m0+1p 1p rw
    window d0: write 5p 8
    window d0: pin d0 6p 1p rw
    unmap m0 m0.size bitmap => 0 size=0x8000 words 0:0x62
  )"));
}

TEST(R13, NonPinnedHardwareReportsEverything) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    map 0p 3p rw
    map 5p 2p rw
    start
    unmap 0p 8p bitmap => 0 size=0x5000 words 0:0x67
  )"));
}

TEST(R13, ArgumentRules) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    unmap m0 m0.size bitmap => -EINVAL
    start
    write 1p 8
    unmap 0 0 all bitmap => -EINVAL
    unmap 0 0 all bitmap fault=arg-read+3 => -EINVAL
    unmap m0 m0.size bitmap argsz=47 => -EINVAL
    unmap m0 m0.size bitmap argsz=47 fault=arg-read+3 => -EINVAL
    unmap m0 m0.size bitmap argsz=48 fault=arg-read+3 => -EFAULT
    unmap m0 m0.size bitmap fault=arg-read+5 => -EFAULT
    unmap m0 m0.size bitmap pgsize=8192 => -EINVAL
    unmap m0 m0.size bitmap pgsize=0 => -EINVAL
    unmap m0 m0.size bitmap bitmap_size=7 => -EINVAL
    unmap m0 m0.size bitmap bitmap_size=268435457 => -EINVAL
    unmap m0 m0.size bitmap bitmap=0xffffffff00000000 => -EINVAL
    unmap m0 m0.size bitmap bitmap=0x1000 => -EFAULT
    unmap m0 m0.size bitmap used-buffer => 0 size=0x4000 words 0:0x2
  )"));
}

TEST(R14, WholeMappingsOnly) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    map 4p 4p rw
    map 10p 4p rw
    unmap 0p 2p => -EINVAL size=0x2000
    unmap 2p 2p => -EINVAL
    unmap 1p 2p => -EINVAL
    unmap 0p 5p => -EINVAL
    unmap 3p 5p => -EINVAL
    unmap 5p 9p => -EINVAL
    unmap 0p 12p => -EINVAL
    unmap 8p 2p => 0 size=0x0
    unmap 4p 10p => 0 size=0x8000
    unmap 0p 100p => 0 size=0x4000
    unmap 0p 100p => 0 size=0x0
  )"));
}

TEST(R14, AllTakesEverything) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    map 2^64-4p 4p rw
    unmap 1p 0 all => -EINVAL
    unmap 0 1p all => -EINVAL
    unmap 0 0 all => 0 size=0x8000
    unmap 0 0 all => 0 size=0x0
  )"));
}

TEST(R14, V1TakesMappingsThatBeginInTheRange) {
  EXPECT_TRUE(runs(R"(
    container v1
    map 0p 4p rw
    map 4p 4p rw
    map 8p 4p rw
    unmap 1p 2p => 0 size=0x0
    unmap 1p 11p => 0 size=0x0
    unmap 0p 1p => 0 size=0x4000
    unmap 1p 8p => 0 size=0x8000
  )"));
}

TEST(D18, ArgumentsAreCheckedFirst) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    unmap m0 m0.size argsz=23 => -EINVAL
    unmap m0 m0.size argsz=23 fault=arg-read+2 => -EFAULT
    unmap m0 m0.size fault=arg-read+3 => 0 size=0x4000
    map 0p 4p rw
    unmap m0 m0.size flags=4 => -EINVAL
    unmap m0 m0.size flags=2147483648 => -EINVAL
    unmap m0 0p => -EINVAL
    unmap m0+1 m0.size => -EINVAL
    unmap m0 m0.size-1 => -EINVAL
    unmap 2^64-4p 8p => -EINVAL
    unmap 2^63 2^63+1p => -EINVAL
    unmap 0p 4p => 0 size=0x4000
  )"));
}

TEST(D18, SizeWrapsInAV1Container) {
  EXPECT_TRUE(runs(R"(
    container v1
    map 0p 2^63 rw vaddr=0p => 0
    map 2^63 2^63 rw vaddr=0p => 0
    unmap 0 0 all => 0 size=0x0
    map 2^63 1p rw => 0
  )"));
}

TEST(B1, AnUnmapThatFailsUnmapsAndClearsNothing) {
  EXPECT_TRUE(runs(R"(
    map 3p 4p rw
    map 200p 4p rw
    start
    write 4p 8
    write 201p 8
    unmap 0p 300p bitmap fault=bitmap-write+3 => -EFAULT
    unmap 0p 300p bitmap fault=arg-write+2 => -EFAULT
    unmap 0p 300p fault=arg-write+2 => -EFAULT
    unmap 0 0 all fault=arg-write+2 => -EFAULT
    query 0p 300p => 0 words 0:0x10 3:0x200
    unmap 0p 300p bitmap => 0 size=0x8000 words
  )"));
}

TEST(B1, PinsGivenUpInCallbacksStayGivenUpAndDirty) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    start
    pin d0 m0+1p 1p rw
    query m0 m0.size => 0 words 0:0x2
    unmap m0 m0.size bitmap fault=bitmap-write+0 => -EFAULT
    query m0 m0.size => 0 words 0:0x2
    query m0 m0.size => 0 words
  )"));
}

TEST(D7, TheWordsComeBeforeTheSize) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    start
    write 1p 8
    unmap m0 m0.size bitmap fault=arg-write+2 => -EFAULT size=0x4000 words 0:0x2
    unmap m0 m0.size bitmap fault=bitmap-write+0 => -EFAULT size=0x4000 words
    unmap m0 m0.size bitmap fault=arg-write+3 => 0 size=0x4000 words 0:0x2
  )"));
}

TEST(B6, StopInTheWindow) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    start
    pin d0 m0+1p 1p rw
    window d0: stop
    unmap m0 m0.size bitmap => -EINVAL
    unmap m0 m0.size => 0 size=0x4000
  )"));
}

TEST(B6, StopInTheWindowOfAnUnmapWithoutBitmap) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    start
    pin d0 m0+1p 1p rw
    window d0: stop
    unmap m0 m0.size => 0 size=0x4000
  )"));
}

TEST(B6, TheMappingVanishesInTheWindow) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    map 8p 4p rw
    start
    pin d0 0p 1p rw
    pin d0 8p 1p rw
    window d0: unmap 0p 4p bitmap
    unmap 0p 12p bitmap => 0 size=0x4000 words 0:0x100
  )"));
}

TEST(B6, AMappingAppearsInTheWindow) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    start
    pin d0 0p 1p rw
    window d0: map 6p 2p rw
    window d0: write 7p 8
    unmap 0p 8p bitmap => 0 size=0x6000 words 0:0x81
  )"));
}

TEST(B6, AMappingThatIsCutAppearsInTheWindow) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    start
    pin d0 0p 1p rw
    window d0: map 6p 4p rw
    unmap 0p 8p bitmap => -EINVAL
    query 0p 10p => 0 words 0:0x1
  )"));
}

TEST(B6, ThePageSizeGrowsInTheWindow) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 16p rw
    start
    pin d0 0p 1p rw
    window d0: attach g1 hardware=2
    unmap 0p 16p bitmap => -EINVAL
    unmap 0p 16p bitmap => 0 size=0x10000 words 0:0x1
    map 32p 16p rw
    pin d0 32p 1p rw
    window d0: detach g1
    unmap 32p 16p => 0 size=0x10000
  )"));
}

TEST(B6, EverythingIsCheckedAgainForAll) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    pin d0 0p 1p rw
    window d0: map 100p 4p rw
    unmap 0 0 all => 0 size=0x8000
  )"));
}

TEST(B8, ADriverThatKeepsItsPinsGetsEbusy) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0 keep
    map 0p 4p rw
    start
    pin d0 1p 1p rw
    unmap 0p 4p => -EBUSY
    unmap 0p 4p bitmap => -EBUSY size=0x4000
    unmap 0 0 all => -EBUSY
    query 0p 4p => 0 words 0:0x2
    unpin d0 1p 1p
    unmap 0p 4p bitmap => 0 size=0x4000 words 0:0x2
  )"));
}

// Lets go of page 1 in its n-th callback.
struct StubbornDevice {
  StubbornDevice(BareTracker& bare, int n) : tracker(bare), lets_go_at(n) {
    device.dma_unmap = [](tidemark_device* called, __u64, __u64) {
      auto* self = reinterpret_cast<StubbornDevice*>(called);
      if (++self->calls == self->lets_go_at) self->tracker.unpin(1, 1);
    };
    tidemark_device_register(tracker.container, &device);
  }
  ~StubbornDevice() { tidemark_device_unregister(tracker.container, &device); }

  tidemark_device device = {};  // first, so that the callback's pointer is ours
  BareTracker& tracker;
  int lets_go_at;
  int calls = 0;
};

// D6: one mapping is asked for eleven times. And the kernel log says whose fault it is.
TEST(B8, IsWarnedAboutAfterElevenCalls) {
  BareTracker tracker;
  int group;
  StubbornDevice device(tracker, 12);
  ASSERT_EQ(tracker.attach(&group), 0);
  ASSERT_EQ(tracker.map(0, 4, nullptr), 0);
  ASSERT_EQ(tracker.pin(&group, 1, 1), 1);

  EXPECT_EQ(tracker.machine.nr_warnings, 0u);
  EXPECT_EQ(tracker.unmap(0, 4), -EBUSY);
  EXPECT_EQ(device.calls, 11);
  EXPECT_EQ(tracker.machine.nr_warnings, 1u);
  EXPECT_EQ(tracker.stats().nr_mappings, 1u);
  EXPECT_EQ(tracker.unmap(0, 4), 0);
  EXPECT_EQ(device.calls, 12);
  EXPECT_EQ(tracker.machine.nr_warnings, 1u);
}

TEST(B8, RePinningInEachCallbackEndsToo) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    start
    pin d0 0p 1p rw
    each-window d0: pin d0 2p 1p rw
    unmap 0p 4p bitmap => -EBUSY
    query 0p 4p => 0 words 0:0x5
  )"));
}

TEST(D6, APinTakenInAWindowIsAskedForInTheNextPass) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    pin d0 0p 1p rw
    window d0: pin d0 2p 1p rw
    unmap 0p 4p => 0 size=0x4000
  )"));
}

// The eleventh pass is the last, but what it frees is free.
TEST(D6, ADeviceThatLetsGoAtTheEleventhCallIsInTime) {
  BareTracker tracker;
  int group;
  StubbornDevice device(tracker, 11);
  ASSERT_EQ(tracker.attach(&group), 0);
  ASSERT_EQ(tracker.map(0, 4, nullptr), 0);
  ASSERT_EQ(tracker.pin(&group, 1, 1), 1);
  EXPECT_EQ(tracker.unmap(0, 4), 0);
  EXPECT_EQ(device.calls, 11);
}

// Newest first: d2 is asked, then d1, but no longer d0, and d3 only in later
// passes. The query in d1's window finds the pin of d2 gone.
TEST(D6, TheNewestDeviceIsCalledFirst) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    attach g1 emulated
    attach g2 emulated
    enroll d0
    enroll d1
    enroll d2
    map 0p 4p rw
    start
    pin d0 0p 1p rw
    pin d1 1p 1p rw
    pin d2 2p 1p rw
    window d0: withdraw d1
    window d1: withdraw d2
    window d1: query 0p 4p
    window d2: withdraw d0
    window d2: enroll d3
    unmap 0p 4p bitmap => -EBUSY
    unpin d0 0p 1p
    unmap 0p 4p bitmap => 0 size=0x4000 words 0:0x1
  )"));
}

TEST(D6, APassGoesOnAboveTheMappingJustAskedFor) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    attach g1 emulated
    enroll d0
    enroll d1
    map 0p 4p rw
    map 4p 4p rw
    map 8p 4p rw
    start
    pin d0 4p 1p rw
    pin d1 8p 1p rw
    window d0: pin d1 0p 1p rw
    unmap 0p 12p bitmap => 0 size=0xc000 words 0:0x111
  )"));
}

TEST(D6, MappingsWithoutPinsAreNotAskedFor) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 4p rw
    map 4p 4p rw
    map 8p 4p rw
    start
    pin d0 8p 1p rw
    window d0: stop
    unmap 0p 8p bitmap => 0 size=0x8000 words
    query 8p 4p => 0 words 0:0x1
    unmap 8p 4p bitmap => -EINVAL
  )"));
}

// What its driver has left in the tracker's part of it means nothing.
// Whoever still has one registered would be called in memory that is gone.
TEST(D6, AContainerWithADeviceIsNotDestroyed) {
  BareTracker tracker;
  tidemark_device device = {};
  device.dma_unmap = [](tidemark_device*, __u64, __u64) {};
  tidemark_device_register(tracker.container, &device);
  EXPECT_DEATH(tidemark_container_destroy(tracker.container), "WARN_ON.*devices");
  tidemark_device_unregister(tracker.container, &device);
}

TEST(D6, ADeviceNeedNotBeClean) {
  struct Shell {
    tidemark_device device;  // first, so that the callback's pointer is ours
    BareTracker* tracker;
    int told;
  };
  BareTracker tracker;
  Shell shell;
  std::memset(static_cast<void*>(&shell.device), 0xff, sizeof(shell.device));
  shell.tracker = &tracker;
  shell.told = 0;
  shell.device.dma_unmap = [](tidemark_device* device, __u64 iova, __u64 bytes) {
    auto* own = reinterpret_cast<Shell*>(device);
    ++own->told;
    own->tracker->unpin(iova / kPageBytes, static_cast<int>(bytes / kPageBytes));
  };
  ASSERT_EQ(tracker.attach(&shell), 0);
  tidemark_device_register(tracker.container, &shell.device);
  ASSERT_EQ(tracker.map(0, 4, nullptr), 0);
  ASSERT_EQ(tracker.pin(&shell, 0, 1), 1);
  EXPECT_EQ(tracker.unmap(0, 4), 0);
  EXPECT_EQ(shell.told, 1);
  tidemark_device_unregister(tracker.container, &shell.device);
}

}  // namespace
}  // namespace tidemark
