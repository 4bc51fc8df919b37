// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The reference model against the naive model in small worlds, all programs
// first and random ones then, and worked numbers for what the naive model does
// not know: arguments, errnos, words, callbacks, limits.
#include <errno.h>
#include <gtest/gtest.h>
#include <linux/vfio.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "naive_model.h"
#include "reference_bench.h"

namespace tidemark::reference {
namespace {

// ---- Lockstep with the naive model

struct Step {
  enum Kind { map, unmap, start, stop, query, pin, unpin, write, attach, detach } kind;
  std::uint64_t first, end;
  int group;
};

// The dirty pages of [first, end) that the model's query reports, through `out`.
std::int64_t query(Bench& bench, std::uint64_t first, std::uint64_t end, NaiveModel::Pages& out) {
  const std::int64_t result = bench.query(first * kPage, (end - first) * kPage);
  for (std::uint64_t i = 0; i < 64; ++i) {
    if (bench.word(0) >> i & 1) out.insert(first + i);
  }
  return result;
}

// Do both answer the same?
bool run(Bench& b, NaiveModel& naive, const Step& s) {
  const std::uint64_t iova = s.first * kPage;
  const std::uint64_t size = (s.end - s.first) * kPage;
  const auto group = static_cast<unsigned>(s.group);
  const int pages = static_cast<int>(s.end - s.first);
  NaiveModel::Pages seen, expected;
  std::uint64_t unmapped = 0;
  std::int64_t result = 0;
  switch (s.kind) {
    case Step::map:
      return b.map(iova, size, kMemory + iova) == naive.map(s.first, s.end);
    case Step::unmap:
      result = b.unmap(iova, size);
      return result == naive.unmap(s.first, s.end, unmapped) &&
             (result != 0 || b.unmapped == unmapped * kPage);
    case Step::start:
      return b.start() == naive.start();
    case Step::stop:
      return b.dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP) == naive.stop();
    case Step::query:
      result = query(b, s.first, s.end, seen);
      return result == naive.query(s.first, s.end, expected) && seen == expected;
    case Step::pin:
      return b.pin(iova, pages, group) == naive.pin(s.group, s.first, s.end);
    case Step::unpin:
      b.model.unpin_pages(iova, pages);
      naive.unpin(s.first, s.end);
      return true;
    case Step::write:  // touches its first and last page in part
      return b.write(iova + 9, size - 17) == naive.write(s.first, s.end);
    case Step::attach:
      return b.model.attach_group(group, hardware()) == naive.attach_hardware(s.group);
    case Step::detach:
      b.model.detach_group(group);
      naive.detach_hardware(s.group);
      return true;
  }
  return false;
}

bool same_state(const Model& model, const NaiveModel& naive) {
  const NaiveModel::Pages dirty = naive.dirty();
  bool same = model.tracking() == naive.tracking() && model.locked_pages(0) == naive.locked();
  same &= model.pinned_page_count() == naive.pinned();
  same &= count_pages(model.pins(), kAllPages) == naive.pinned();
  for (Page page = 0; page < 8; ++page) {
    same &= !contains(model.marks(), page) || dirty.count(page) == 1;
    same &= !model.tracking() || !contains(model.pins(), page) || contains(model.marks(), page);
  }
  return same;
}

// Null if the models agree all through `program`, else the step where they part.
const Step* first_difference(RangeRule rule, const std::vector<Step>& program) {
  Bench bench({.rule = rule});
  NaiveModel naive(rule);
  for (const Step& step : program) {
    if (!run(bench, naive, step) || !same_state(bench.model, naive)) return &step;
  }
  const Step everything = {Step::query, 0, 8, 0};
  return run(bench, naive, everything) ? nullptr : &program.back();
}

void expect_agreement(RangeRule rule, const std::vector<Step>& program) {
  const Step* step = first_difference(rule, program);
  if (!step) return;
  std::string text;
  for (const Step& s : program) {
    text += "{" + std::to_string(s.kind) + ", " + std::to_string(s.first) + ", " +
            std::to_string(s.end) + ", " + std::to_string(s.group) + "} ";
  }
  FAIL() << "range rule " << static_cast<int>(rule) << ", " << text << "at step "
         << step - program.data();
}

constexpr RangeRule kRules[] = {RangeRule::exact, RangeRule::whole, RangeRule::any};

std::vector<Step> small_alphabet() {
  std::vector<Step> steps = {
      {Step::map, 0, 2, 0},   {Step::map, 2, 4, 0},    {Step::unmap, 0, 2, 0},
      {Step::unmap, 2, 4, 0}, {Step::unmap, 0, 4, 0},  {Step::unmap, 1, 4, 0},
      {Step::start, 0, 1, 0}, {Step::stop, 0, 1, 0},   {Step::query, 0, 2, 0},
      {Step::query, 0, 4, 0}, {Step::query, 1, 3, 0},  {Step::query, 3, 6, 0},
      {Step::write, 1, 3, 0}, {Step::pin, 1, 3, 0},    {Step::unpin, 1, 3, 0},
      {Step::pin, 0, 1, 1},   {Step::attach, 0, 1, 1}, {Step::detach, 0, 1, 1},
  };
  for (std::uint64_t page = 0; page < 4; ++page) {
    steps.push_back({Step::pin, page, page + 1, 0});
    steps.push_back({Step::unpin, page, page + 1, 0});
    steps.push_back({Step::write, page, page + 1, 0});
  }
  return steps;
}

// R1 to R10, R14: every program of three steps, after START, with and without
// the two mappings and a hardware group.
TEST(ReferenceLockstep, AllSmallPrograms) {
  const std::vector<Step> steps = small_alphabet();
  const std::vector<std::vector<Step>> openings = {
      {{Step::start, 0, 1, 0}},
      {{Step::map, 0, 2, 0}, {Step::map, 2, 4, 0}, {Step::pin, 3, 4, 0}, {Step::start, 0, 1, 0}},
      {{Step::map, 0, 2, 0}, {Step::map, 2, 4, 0}, {Step::attach, 0, 1, 1}, {Step::start, 0, 1, 0}},
  };
  for (const auto& opening : openings) {
    for (std::size_t i = 0; i < steps.size() * steps.size() * steps.size(); ++i) {
      std::vector<Step> program = opening;
      program.push_back(steps[i % steps.size()]);
      program.push_back(steps[i / steps.size() % steps.size()]);
      program.push_back(steps[i / steps.size() / steps.size()]);
      expect_agreement(kRules[i % std::size(kRules)], program);
      if (HasFatalFailure()) return;
    }
  }
}

// The same rules, longer and over eight pages and two hardware groups.
TEST(ReferenceLockstep, RandomLongPrograms) {
  std::mt19937 random(20240607);
  const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
  for (std::size_t i = 0; i < 6000; ++i) {
    std::vector<Step> program;
    for (int k = 0; k < 40; ++k) {
      const auto kind = static_cast<Step::Kind>(below(10));
      if (kind == Step::stop && below(4) != 0) continue;  // mostly on
      const auto first = static_cast<std::uint64_t>(below(7));
      const auto length = static_cast<std::uint64_t>(1 + below(kind == Step::query ? 8 : 3));
      const bool hardware_only = kind == Step::attach || kind == Step::detach;
      program.push_back({kind, first, std::min<std::uint64_t>(first + length, 8),
                         hardware_only ? 1 + below(2) : below(3)});
    }
    expect_agreement(kRules[i % std::size(kRules)], program);
    if (HasFatalFailure()) return;
  }
}

// ---- Worked numbers

TEST(ReferenceArguments, R12DirtyPages) {
  Bench b;
  EXPECT_EQ(b.dirty(1, 7), -EINVAL);
  EXPECT_EQ(b.dirty(0), -EINVAL);
  EXPECT_EQ(b.dirty(3), -EINVAL);
  EXPECT_EQ(b.dirty(9), -EINVAL);
  EXPECT_EQ(b.dirty(4, 47), -EINVAL);
  b.user.unreadable = {kArgument + 7, kArgument + 7};
  EXPECT_EQ(b.dirty(1), -EFAULT);
  b.user.unreadable = {kArgument + 8, kArgument + 8};
  EXPECT_EQ(b.start(), 0);
  EXPECT_EQ(b.start(), 0);
  EXPECT_EQ(b.query(0, kPage), -EFAULT);
  EXPECT_EQ(b.dirty(4, 47), -EINVAL);  // the size before the copy
  b.user.unreadable = {1, 0};
  EXPECT_EQ(b.query(0, kPage), 0);  // no mapping at all is success
  EXPECT_EQ(b.query(0, 0), -EINVAL);
  EXPECT_EQ(b.query(0, kPage + 1), -EINVAL);
  EXPECT_EQ(b.query(1, kPage), -EINVAL);
  EXPECT_EQ(b.query(0, kPage, 0), -EINVAL);
  EXPECT_EQ(b.query(0, 1 << 20, 8192), -EINVAL);
  EXPECT_EQ(b.query(0 - kPage, 2 * kPage), -EINVAL);
  EXPECT_EQ(b.query(0 - kPage, kPage), 0);  // B4
  EXPECT_EQ(b.query(0, 65 * kPage, kPage, 15), -EINVAL);
  EXPECT_EQ(b.query(0, 65 * kPage, kPage, 16), 0);
  EXPECT_EQ(b.query(0, kPage, kPage, (1 << 28) + 8), -EINVAL);
  EXPECT_EQ(b.query(0, kPage, kPage, 1 << 28), 0);
  EXPECT_EQ(b.query(0, kPage, kPage, 8, kUserTop - 7), -EINVAL);
  EXPECT_EQ(b.dirty(2), 0);
  EXPECT_EQ(b.query(0, kPage), -EINVAL);
  EXPECT_EQ(b.model.ioctl(0x1234, 0), -ENOTTY);
}

TEST(ReferenceArguments, R12Type1HasNoTracking) {
  Bench b({.type = VFIO_TYPE1_IOMMU});
  b.user.unreadable = {0, kUserTop};
  EXPECT_EQ(b.model.ioctl(VFIO_IOMMU_DIRTY_PAGES, kArgument), -EACCES);
  EXPECT_EQ(b.pin(0), -EACCES);
}

TEST(ReferenceArguments, R15Map) {
  Bench b({.dma_entry_limit = 2});
  EXPECT_EQ(b.map(0, kPage, kMemory, 3, 31), -EINVAL);
  EXPECT_EQ(b.map(0, kPage, kMemory, 7), -EINVAL);
  EXPECT_EQ(b.map(0, kPage, kMemory, 0), -EINVAL);
  EXPECT_EQ(b.map(0, 0), -EINVAL);
  EXPECT_EQ(b.map(0, kPage, kMemory + 1), -EINVAL);
  EXPECT_EQ(b.map(0 - kPage, 2 * kPage), -EINVAL);
  EXPECT_EQ(b.map(0, 2 * kPage, 0 - kPage), -EINVAL);
  EXPECT_EQ(b.map(0 - 2 * kPage, 2 * kPage, 0 - 2 * kPage), 0);  // B4
  EXPECT_EQ(b.map(0 - kPage, kPage), -EEXIST);
  EXPECT_EQ(b.map(0, kPage), 0);
  EXPECT_EQ(b.map(0, kPage), -EEXIST);
  EXPECT_EQ(b.map(kPage, kPage), -ENOSPC);
  b.user.unreadable = {kArgument + 31, kArgument + 31};
  EXPECT_EQ(b.map(kPage, kPage), -EFAULT);
}

// D4: 2^31-1 pages of P at most while tracking, and 2^33 of 4 KiB.
TEST(ReferenceArguments, D4HugeMappings) {
  Bench b;
  const std::uint64_t most = ((std::uint64_t{1} << 31) - 1) * kPage;
  EXPECT_EQ(b.map(0, most + kPage), 0);
  EXPECT_EQ(b.start(), -EINVAL);
  EXPECT_FALSE(b.model.tracking());
  EXPECT_EQ(b.unmap(0, most + kPage), 0);
  EXPECT_EQ(b.start(), 0);
  EXPECT_EQ(b.map(0, most + kPage), -EINVAL);
  EXPECT_EQ(b.map(0, most), 0);
  Bench large;
  large.model.attach_group(1, hardware(1 << 21));
  const std::uint64_t marks = kPage << 33;
  EXPECT_EQ(large.map(0, marks), 0);
  EXPECT_EQ(large.start(), 0);
  EXPECT_EQ(large.map(marks, marks + (1 << 21)), -ENOMEM);
  EXPECT_EQ(large.model.mappings().size(), 1U);
}

TEST(ReferenceArguments, R14Unmap) {
  Bench b;
  b.map(4 * kPage, 4 * kPage);
  b.map(8 * kPage, kPage);
  EXPECT_EQ(b.unmap(5 * kPage, 4 * kPage), -EINVAL);
  EXPECT_EQ(b.unmap(4 * kPage, 3 * kPage), -EINVAL);
  EXPECT_EQ(b.unmap(4 * kPage, 0), -EINVAL);
  EXPECT_EQ(b.unmap(kPage, 0 - kPage, 2), -EINVAL);
  EXPECT_EQ(b.unmap(0, 0, 4), -EINVAL);
  EXPECT_EQ(b.unmap(0, 0, 3), -EINVAL);
  EXPECT_EQ(b.unmap(0, 16 * kPage, 1), -EINVAL);  // R13: tracking is off
  EXPECT_EQ(b.unmap(0, 4 * kPage), 0);
  EXPECT_EQ(b.unmapped, 0U);
  EXPECT_EQ(b.unmap(0, 0, VFIO_DMA_UNMAP_FLAG_ALL), 0);
  EXPECT_EQ(b.unmapped, 5 * kPage);
}

TEST(ReferenceArguments, R14UnmapType1) {
  Bench b({.type = VFIO_TYPE1_IOMMU});
  b.map(4 * kPage, 4 * kPage);
  b.map(8 * kPage, kPage);
  EXPECT_EQ(b.unmap(5 * kPage, 8 * kPage), 0);
  EXPECT_EQ(b.unmapped, 0U);
  EXPECT_EQ(b.unmap(0, 5 * kPage), 0);
  EXPECT_EQ(b.unmapped, 4 * kPage);
}

// R11, R13, D1: bits count from the range's start; words without dirty pages stay.
TEST(ReferenceBitmap, R11Words) {
  Bench b({.rule = RangeRule::any});
  b.map(0, 200 * kPage);
  b.start();
  EXPECT_EQ(b.write(3 * kPage - 1, 2), 0);
  EXPECT_EQ(b.write(140 * kPage, 1), 0);
  EXPECT_EQ(b.query(kPage, 150 * kPage), 0);
  EXPECT_EQ(b.word(0), 6U);
  EXPECT_EQ(b.word(1), 0U);
  EXPECT_EQ(b.word(2), std::uint64_t{1} << (139 - 128));
  b.set_word(0, 0x55);
  EXPECT_EQ(b.write(70 * kPage, 1), 0);
  EXPECT_EQ(b.unmap(0, 200 * kPage, 1), 0);
  EXPECT_EQ(b.word(0), 0x55U);  // not stored
  EXPECT_EQ(b.word(1), std::uint64_t{1} << 6);
}

// B1, D7: nothing changes before every byte has been copied out.
TEST(ReferenceBitmap, B1FailedCopies) {
  Bench b;
  b.map(0, 128 * kPage);
  b.start();
  b.write(0, 128 * kPage);
  b.user.unwritable = {kBitmap + 8, kBitmap + 8};
  EXPECT_EQ(b.query(0, 128 * kPage), -EFAULT);
  EXPECT_EQ(b.unmap(0, 128 * kPage, 1), -EFAULT);
  b.user.unwritable = {kArgument, kArgument};
  EXPECT_EQ(b.unmap(0, 128 * kPage, 1), -EFAULT);
  EXPECT_EQ(b.unmapped, 128 * kPage);  // the struct is as it was
  b.user.unwritable = {1, 0};
  EXPECT_EQ(b.model.mappings().size(), 1U);
  EXPECT_EQ(count_pages(b.model.marks(), kAllPages), 128U);
  EXPECT_EQ(b.query(0, 128 * kPage), 0);
  EXPECT_TRUE(b.model.marks().empty());
}

// R13: pages that the devices give back in their callbacks are reported.
TEST(ReferenceBitmap, R13UnmapReportsPins) {
  Bench b;
  b.map(0, 2 * kPage);
  b.map(2 * kPage, 2 * kPage);
  b.start();
  b.pin(3 * kPage);
  EXPECT_EQ(b.query(0, 4 * kPage), 0);
  EXPECT_EQ(b.unmap(0, 4 * kPage, 1), 0);
  EXPECT_EQ(b.word(0), 8U);
  EXPECT_EQ(b.model.locked_pages(0), 0U);
}

// R5, R11: a full bitmap of 2^31 - 64 pages ends at the first word that fails.
TEST(ReferenceBitmap, R5HugeRangeStopsEarly) {
  Bench b;
  const std::uint64_t bytes = ((std::uint64_t{1} << 31) - 64) * kPage;
  EXPECT_EQ(b.model.attach_group(1, hardware()), 0);
  EXPECT_EQ(b.map(0, bytes), 0);
  EXPECT_EQ(b.start(), 0);
  b.user.unwritable = {kBitmap + 1000, kBitmap + 1000};
  b.user.copies = 0;
  EXPECT_EQ(b.query(0, bytes, kPage, 1 << 28), -EFAULT);
  EXPECT_LT(b.user.copies, 16);
  EXPECT_EQ(b.user.largest_copy, 512U);
}

// D1, D3: one bit a P-page, whatever 4 KiB page in it is dirty.
TEST(ReferenceBitmap, D3CoarsePages) {
  Bench b;
  b.model.attach_group(1, hardware(0x10000));
  b.map(0, 0x40000);
  b.start();
  EXPECT_EQ(b.pin(0x3000, 1, 1), 1);  // B12: all pages, once
  EXPECT_EQ(b.query(0, 0x40000, 0x10000), 0);
  EXPECT_EQ(b.word(0), 0xFU);
  b.write(0x25000, 1);
  EXPECT_EQ(b.query(0, 0x40000, 0x10000), 0);
  EXPECT_EQ(b.word(0), 5U);
  EXPECT_EQ(b.query(0, 0x40000), -EINVAL);
}

TEST(ReferenceDriver, D5Pins) {
  Bench b;
  b.map(0, 2 * kPage, kMemory, VFIO_DMA_MAP_FLAG_READ);
  b.map(4 * kPage, 8 * kPage, kMemory + 4 * kPage);
  b.start();
  EXPECT_EQ(b.pin(0, 0), -EINVAL);
  EXPECT_EQ(b.pin(0, 513), -E2BIG);
  EXPECT_EQ(b.pin(3 * kPage + 1), -EINVAL);
  EXPECT_EQ(b.pin(0, 1, 9), -EINVAL);
  EXPECT_EQ(b.pin(0, 1, 0, kWrite), -EPERM);
  b.user.unpinnable = kMemory + 6 * kPage;
  b.user.limit = 3;
  EXPECT_EQ(b.pin(4 * kPage, 4), -EFAULT);
  EXPECT_EQ(count_pages(b.model.marks(), kAllPages), 2U);  // R9
  EXPECT_EQ(b.model.pinned_page_count(), 0U);
  EXPECT_EQ(b.pin(7 * kPage, 4), -ENOMEM);
  EXPECT_EQ(b.pin(7 * kPage + 1, 3), 3);  // the pages around
  EXPECT_EQ(b.pfns[2], kMemory / kPage + 9 + kHostOffset);
  EXPECT_EQ(b.pin(8 * kPage), 1);  // again, beyond the limit
  EXPECT_EQ(b.model.locked_pages(0), 3U);
  b.model.unpin_pages(8 * kPage - 1, 3);
  EXPECT_EQ(b.model.locked_pages(0), 1U);
  b.model.unregister_device(0);
  EXPECT_EQ(b.pin(8 * kPage), -EINVAL);
}

TEST(ReferenceDriver, R4Writes) {
  Bench b;
  b.map(0, kPage, kMemory);
  b.map(kPage, kPage, kMemory + 8 * kPage, VFIO_DMA_MAP_FLAG_WRITE);
  b.map(0 - kPage, kPage, kMemory + 16 * kPage);
  b.start();
  EXPECT_EQ(b.write(0, 0), -EINVAL);
  EXPECT_EQ(b.write(kPage - 1, 2), -EPERM);
  EXPECT_EQ(b.write(0 - std::uint64_t{1}, 2), -EINVAL);  // past 2^64
  EXPECT_EQ(count_pages(b.model.marks(), kAllPages), 2U);
  EXPECT_EQ(b.query(0, 2 * kPage), 0);
  b.user.process_error = -EPERM;  // D12
  EXPECT_EQ(b.write(0, 1), -EPERM);
  EXPECT_FALSE(contains(b.model.marks(), 0));
  b.user.process_error = 0;
  b.user.unwritable = {kMemory, kMemory};
  EXPECT_EQ(b.write(0, 1), -EFAULT);
  EXPECT_TRUE(contains(b.model.marks(), 0));  // B3
}

// D6: newest device first; eleven chances, then -EBUSY and nothing unmapped.
TEST(ReferenceDriver, D6StubbornDevice) {
  Bench b;
  b.map(0, 2 * kPage);
  b.pin(0);
  b.model.register_device(1);
  std::vector<unsigned> called;
  b.user.on_unmap = [&](unsigned device, std::uint64_t, std::uint64_t) {
    called.push_back(device);
    if (called.size() == 1) b.model.register_device(2);
  };
  EXPECT_EQ(b.unmap(0, 2 * kPage), -EBUSY);
  EXPECT_EQ(called.size(), 2U + 10U * 3U);
  EXPECT_EQ(std::vector<unsigned>(called.begin(), called.begin() + 5),
            (std::vector<unsigned>{1, 0, 2, 1, 0}));
  EXPECT_EQ(b.model.mappings().size(), 1U);
}

// B6: what a callback changes is found again.
TEST(ReferenceDriver, B6TrackingStoppedMeanwhile) {
  Bench b;
  b.map(0, 2 * kPage);
  b.start();
  b.pin(0);
  b.user.on_unmap = [&](unsigned, std::uint64_t iova, std::uint64_t) {
    b.model.unpin_pages(iova, 1);
    b.dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP);
  };
  EXPECT_EQ(b.unmap(0, 2 * kPage, 1), -EINVAL);
  EXPECT_EQ(b.model.mappings().size(), 1U);
}

TEST(ReferenceGroups, D8Attach) {
  Bench b;
  b.map(0x3000, 0x3000);
  b.pin(0x4000);
  EXPECT_EQ(b.model.attach_group(0, hardware()), -EINVAL);
  EXPECT_EQ(b.model.attach_group(1, hardware(0)), -EINVAL);
  EXPECT_EQ(b.model.attach_group(1, hardware(0x2000)), -EINVAL);
  GroupKind narrow = hardware();
  narrow.aperture = {0x4000, 0xFFFFFF};
  EXPECT_EQ(b.model.attach_group(1, narrow), -EINVAL);
  b.user.unpinnable = kMemory + 0x2000;
  EXPECT_EQ(b.model.attach_group(1, hardware()), -EFAULT);
  b.user.limit = 1;
  EXPECT_EQ(b.model.attach_group(1, hardware()), -ENOMEM);  // the run before it
  b.user.limit = 3;
  b.user.unpinnable = ~std::uint64_t{0};
  EXPECT_EQ(b.model.attach_group(1, hardware(0x1000200)), 0);
  EXPECT_EQ(b.model.page_sizes(), 0x1001000U);  // D2
  EXPECT_EQ(b.model.locked_pages(0), 3U);
  EXPECT_EQ(b.map(0x8000, 0x1000), -ENOMEM);
  b.user.limit = 0;
  EXPECT_EQ(b.pin(0x3000), 1);  // accounted by MAP or attach already
  b.model.detach_group(1);      // D9
  EXPECT_EQ(b.model.locked_pages(0), 2U);
  b.model.detach_group(0);
  EXPECT_TRUE(b.model.mappings().empty());
  EXPECT_EQ(b.model.locked_pages(0), 0U);
}

// D8: run by run, whoever has locked the pages.
TEST(ReferenceGroups, D8Runs) {
  Bench b;
  b.user.run_pages = 4;
  b.map(0x10000, 0x8000);
  b.user.limit = 8;
  EXPECT_EQ(b.model.attach_group(1, hardware(0x8000)), -EINVAL);
  b.user.unpinnable = kMemory + 0x6000;
  EXPECT_EQ(b.model.attach_group(1, hardware(0x4000)), -EINVAL);  // a run of 2
  EXPECT_EQ(b.model.attach_group(1, hardware(0x1000)), -EFAULT);
  b.user.unpinnable = ~std::uint64_t{0};
  b.user.limit = 7;
  EXPECT_EQ(b.model.attach_group(1, hardware(0x8000)), -EINVAL);  // in the first run
  EXPECT_EQ(b.model.attach_group(1, hardware(0x4000)), -ENOMEM);
  b.user.limit = 8;
  EXPECT_EQ(b.model.attach_group(1, hardware(0xC000)), 0);
  EXPECT_EQ(b.model.attach_group(2, hardware(0x8000)), -EINVAL);
  EXPECT_EQ(b.model.attach_group(2, hardware(0x4000)), 0);
}

TEST(ReferenceGroups, D13D14Info) {
  Bench b;
  EXPECT_EQ(b.model.ioctl(VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU), 1);
  EXPECT_EQ(b.model.ioctl(VFIO_CHECK_EXTENSION, VFIO_TYPE1_NESTING_IOMMU), 0);
  GroupKind kind = hardware();
  kind.reserved = {{0xFEE00000, 0xFEEFFFFF}};
  EXPECT_EQ(b.model.attach_group(1, kind), 0);
  EXPECT_EQ(b.model.ioctl(VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU), 0);
  EXPECT_EQ(b.map(0xFEE00000, kPage), -EINVAL);
  std::array<std::uint32_t, 29> info{};
  const auto ask = [&](std::uint32_t argsz) {
    info = {argsz};
    b.put(info);
    const std::int64_t result = b.model.ioctl(VFIO_IOMMU_GET_INFO, kArgument);
    b.user.peek(info.data(), kArgument, sizeof info);
    return result;
  };
  EXPECT_EQ(ask(15), -EINVAL);
  EXPECT_EQ(ask(115), 0);
  EXPECT_EQ(info[0], 24U + 32 + 12 + 16 + 2 * 16);
  EXPECT_EQ(info[4], 0U);  // cap_offset
  EXPECT_EQ(ask(116), 0);
  const std::array<std::uint32_t, 29> expected = {
      116,         3,  0xFFFFF000, 0xFFFFFFFF, 24,   0,                 // the struct
      2 | 1 << 16, 56, 0,          0,          4096, 0, 1 << 28,    0,  // MIGRATION
      3 | 1 << 16, 68, 65535,                                           // DMA_AVAIL
      1 | 1 << 16, 0,  2,          0,          0,    0, 0xFEDFFFFF, 0,
      0xFEF00000,  0,  ~0U,        ~0U};  // IOVA_RANGE
  EXPECT_EQ(info, expected);
  b.model.detach_group(1);
  EXPECT_EQ(b.map(0xFEE00000, kPage), 0);
}

}  // namespace
}  // namespace tidemark::reference
