// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// D19: where the model comes to a point at which memory can run out, and what it leaves.
#include <errno.h>

#include "reference_bench.h"

namespace tidemark::reference {
namespace {

// R9, D19: the pages before the one that memory ran out at stay marked, no others.
TEST(ReferenceMemory, D19PinsComeToAPointForEachNewPage) {
  Bench b;
  b.map(0, 6 * kPage);
  b.map(6 * kPage, kPage, kMemory, VFIO_DMA_MAP_FLAG_WRITE);
  b.pin(2 * kPage);
  b.start();
  b.user.memory = 2;
  EXPECT_EQ(b.pin(kPage, 7), -ENOMEM);
  EXPECT_EQ(b.user.pins, (std::vector<Page>{1, 3, 4, 5}));
  PageSet marks;
  add(marks, {1, 4});
  EXPECT_EQ(b.model.marks(), marks);
  EXPECT_EQ(b.model.pinned_page_count(), 1U);
  b.user.memory = 4;
  EXPECT_EQ(b.pin(kPage, 7), -EPERM);
  EXPECT_EQ(b.pin(kPage, 5), 5);
  b.user.memory = 0;
  EXPECT_EQ(b.pin(kPage, 5), 5);  // pinned already
  EXPECT_EQ(b.pin(6 * kPage), -EPERM);
  EXPECT_EQ(b.pin(0, 513), -E2BIG);
  b.user.unpinnable = kMemory;
  EXPECT_EQ(b.pin(0), -EFAULT);
}

// A call, and the points that it comes to if there is memory at each.
struct Needs {
  const char* what;
  std::vector<MemoryPoint> points;
  std::function<std::int64_t(Bench&)> call;
};

std::int64_t ask_info(Bench& b, std::uint32_t argsz) {
  b.put(std::array<std::uint32_t, 6>{argsz});
  return b.model.ioctl(VFIO_IOMMU_GET_INFO, kArgument);
}

GroupKind without_an_address() {
  GroupKind kind = hardware();
  kind.reserved = {{0, ~std::uint64_t{0}}};
  return kind;
}

// With two mappings and a page that is pinned; tracking is off.
const std::vector<Needs> kNeeds = {
    {"map", {MemoryPoint::mapping}, [](Bench& b) { return b.map(0x8000, kPage); }},
    {"start",
     {MemoryPoint::start_marks, MemoryPoint::start_marks},
     [](Bench& b) { return b.start(); }},
    {"attach, emulated",
     {MemoryPoint::group},
     [](Bench& b) { return b.model.attach_group(1, {}); }},
    {"attach",
     {MemoryPoint::group, MemoryPoint::ranges},
     [](Bench& b) { return b.model.attach_group(1, hardware()); }},
    {"info", {MemoryPoint::chain}, [](Bench& b) { return ask_info(b, 24); }},
    {"info, short", {MemoryPoint::chain}, [](Bench& b) { return ask_info(b, 16); }},
    {"unmap", {}, [](Bench& b) { return b.unmap(0x4000, kPage); }},
    {"stop", {}, [](Bench& b) { return b.dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP); }},
    {"write", {}, [](Bench& b) { return b.write(0, 1); }},
};

// And while it is on.
const std::vector<Needs> kNeedsWhileTracking = {
    {"map",
     {MemoryPoint::mapping, MemoryPoint::map_marks},
     [](Bench& b) { return b.map(0x8000, kPage); }},
    {"start", {}, [](Bench& b) { return b.start(); }},
    {"query", {}, [](Bench& b) { return b.query(0, 0x10000); }},
    {"unmap", {}, [](Bench& b) { return b.unmap(0x4000, kPage, 1); }},
};

// Calls that fail, and the points that they come to before; tracking is on.
const std::vector<Needs> kFailures = {
    {"map: wrong size", {}, [](Bench& b) { return b.map(0x8000, 0); }},
    {"map: overlap", {}, [](Bench& b) { return b.map(0, kPage); }},
    {"map: too many pages",
     {MemoryPoint::mapping},
     [](Bench& b) { return b.map(kPage << 30, kPage << 31); }},
    {"attach: twice", {}, [](Bench& b) { return b.model.attach_group(0, hardware()); }},
    {"attach: no page size",
     {MemoryPoint::group},
     [](Bench& b) { return b.model.attach_group(1, hardware(0)); }},
    {"attach: no address",
     {MemoryPoint::group, MemoryPoint::ranges},
     [](Bench& b) { return b.model.attach_group(1, without_an_address()); }},
    {"info: too short", {}, [](Bench& b) { return ask_info(b, 15); }},
};

// With memory for all points, for all but the last, ... for none.
void run_out_at_each_point(const Needs& needs, bool tracking, bool succeeds) {
  for (std::size_t memory = needs.points.size() + 1; memory-- > 0;) {
    Bench b;
    b.map(0, kPage);
    b.map(0x4000, kPage);
    b.pin(0);
    if (tracking) b.start();
    b.user.points.clear();
    b.user.memory = memory;
    const std::int64_t result = needs.call(b);
    const bool lasts = memory == needs.points.size();
    std::vector<MemoryPoint> come_to = needs.points;
    if (!lasts) come_to.resize(memory + 1);
    EXPECT_EQ(b.user.points, come_to) << needs.what;
    EXPECT_EQ(result == -ENOMEM, !lasts) << needs.what << ": " << result;
    EXPECT_EQ(result >= 0, lasts && succeeds) << needs.what << ": " << result;
    if (result >= 0) continue;
    EXPECT_EQ(b.model.mappings().size(), 2U) << needs.what;
    EXPECT_EQ(b.model.tracking(), tracking) << needs.what;
    EXPECT_EQ(b.model.page_sizes(), ~std::uint64_t{4095}) << needs.what;
  }
}

TEST(ReferenceMemory, D19RunsOutAtEachPointInTheOrderOfTheContract) {
  for (const Needs& needs : kNeeds) run_out_at_each_point(needs, false, true);
  for (const Needs& needs : kNeedsWhileTracking) run_out_at_each_point(needs, true, true);
}

TEST(ReferenceMemory, D19ComesToNoPointAfterACheckThatFails) {
  for (const Needs& needs : kFailures) run_out_at_each_point(needs, true, false);
}

}  // namespace
}  // namespace tidemark::reference
