// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a user sees of Linux's defects, where a comparison with the reference ends
// before it shows. docs/linux-findings/ tells what each is.
#include <cerrno>

#include "linux_fixture.h"
#include "test_support.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kPage = kPageBytes;
using Pages = std::vector<std::uint64_t>;

// Words of the user's bitmap from `first` on cannot be stored.
UserFault bitmap_fault(std::uint64_t first) {
  return {BitmapArea::kBase + 8 * first, BitmapArea::kBase + std::uint64_t{8} * kBitmapWordsMax,
          false, true};
}

class Defects : public HandsOn {
 protected:
  // Two mappings, 64 pages apart, each of one page that is dirty.
  void two_dirty_pages() {
    ASSERT_EQ(map(0, kPage), 0);
    ASSERT_EQ(map(64 * kPage, kPage), 0);
    ASSERT_EQ(start(), 0);
    ASSERT_EQ(write(0), 0);
    ASSERT_EQ(write(64 * kPage), 0);
  }
};

TEST_P(Defects, FailedQueryLosesAPage) {
  two_dirty_pages();
  world_.fault = bitmap_fault(1);
  EXPECT_EQ(query(0, 65 * kPage), -EFAULT);
  world_.fault = {};
  EXPECT_EQ(query(0, 65 * kPage), 0);
  EXPECT_EQ(reported(), Pages{64});
}

TEST_P(Defects, FailedUnmapHasUnmapped) {
  two_dirty_pages();
  world_.fault = bitmap_fault(1);
  EXPECT_EQ(unmap(0, 65 * kPage, VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP), -EFAULT);
  EXPECT_EQ(unmapped_, 65 * kPage);  // as it was given: not a word about it
  EXPECT_EQ(subject_->sizes().mappings, 1u);
}

TEST_P(Defects, BitsWanderWithEachQuery) {
  ASSERT_EQ(map(20 * kPage, 4 * kPage), 0);
  ASSERT_EQ(map(24 * kPage, 30 * kPage), 0);
  ASSERT_EQ(start(), 0);
  ASSERT_EQ(write(20 * kPage), 0);
  for (const std::uint64_t page : {20u, 40u, 60u}) {
    EXPECT_EQ(query(0, 64 * kPage), 0);
    EXPECT_EQ(reported(), Pages{page});
  }
}

TEST_P(Defects, WriteThatFaultsIsNotMarked) {
  ASSERT_EQ(map(0, 2 * kPage), 0);
  ASSERT_EQ(start(), 0);
  world_.fault = {kRamFirst + kPage, kRamFirst + 2 * kPage, false, true};
  EXPECT_EQ(write(0, 2 * kPage), -EFAULT);
  std::uint8_t byte = 0;
  world_.memory.read(kRamFirst + kPage - 1, &byte, 1);
  EXPECT_EQ(byte, 0xff);  // the first page was written
  EXPECT_EQ(query(0, 2 * kPage), 0);
  EXPECT_EQ(reported(), Pages{});
}

TEST_P(Defects, TopIsMappedTwiceAndStays) {
  ASSERT_EQ(subject_->attach(0, nullptr), 0);
  subject_->enroll(0);
  EXPECT_EQ(map(-kPage, kPage), 0);
  EXPECT_EQ(map(-kPage, kPage), 0);
  EXPECT_EQ(start(), 0);
  EXPECT_EQ(pin(0, -kPage, 1), -EINVAL);
  EXPECT_EQ(write(-kPage), -EINVAL);
  EXPECT_EQ(query(-kPage, kPage), -EINVAL);
  EXPECT_EQ(unmap(-kPage, kPage), 0);
  EXPECT_EQ(unmapped_, 0u);
  EXPECT_EQ(unmap(0, 0, VFIO_DMA_UNMAP_FLAG_ALL), 0);
  EXPECT_EQ(unmapped_, 0u);
  EXPECT_EQ(subject_->sizes().mappings, 2u);
}

// The hardware reaches all 64 bits.
TEST_P(Defects, TopStaysPinnedForEver) {
  ASSERT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  EXPECT_EQ(map(-kPage, kPage), 0);
  EXPECT_EQ(subject_->release(), "locked pages left: 1\npages pinned to be written left: 1\n");
}

TEST_P(Defects, PagesAreLostWhenThePageSizeChanges) {
  ASSERT_EQ(subject_->attach(0, nullptr), 0);
  ASSERT_EQ(subject_->attach(1, &hardware_kind(2)), 0);  // pages of 64 KiB
  subject_->enroll(0);
  ASSERT_EQ(map(0, 32 * kPage), 0);
  ASSERT_EQ(pin(1, 0, 1), 1);  // so that it does not make everything dirty
  subject_->unpin(0, 1);
  ASSERT_EQ(start(), 0);
  ASSERT_EQ(write(17 * kPage), 0);
  subject_->detach(1);
  EXPECT_EQ(query(0, 32 * kPage), 0);
  EXPECT_EQ(reported(), Pages{1});
}

TEST_P(Defects, MappingBelowThePageSizeIsNeverDirty) {
  constexpr std::uint64_t kLarge = 512 * kPage;
  ASSERT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  subject_->enroll(0);
  ASSERT_EQ(map(16 * kPage, 4 * kPage), 0);
  ASSERT_EQ(subject_->attach(1, &hardware_kind(7)), 0);  // both can do 2 MiB, and no less
  ASSERT_EQ(start(), 0);
  ASSERT_EQ(pin(0, 16 * kPage, 1), 1);
  EXPECT_EQ(query(0, kLarge), 0);
  EXPECT_EQ(reported(), Pages{});
}

TEST_P(Defects, FirstPinForgetsWhatTheGroupWrote) {
  ASSERT_EQ(map(0, 2 * kPage), 0);
  ASSERT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  subject_->enroll(0);
  ASSERT_EQ(start(), 0);
  EXPECT_EQ(pin(0, 0, 1), 1);
  EXPECT_EQ(query(0, 2 * kPage), 0);
  EXPECT_EQ(reported(), Pages{0});
}

// So that nothing is dirty any more, although the group goes on writing.
TEST_P(Defects, PinOfLessThanNoPageMakesTheGroupPinned) {
  ASSERT_EQ(map(0, 2 * kPage), 0);
  ASSERT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  subject_->enroll(0);
  ASSERT_EQ(start(), 0);
  EXPECT_EQ(query(0, 2 * kPage), 0);
  EXPECT_EQ(reported(), (Pages{0, 1}));
  EXPECT_EQ(pin(0, 0, -1), 0);
  EXPECT_EQ(query(0, 2 * kPage), 0);
  EXPECT_EQ(reported(), Pages{});
}

// What begins in one mapping and ends in the next is looked for in that of the two
// which is higher up in the tree, and that changes.
TEST_P(Defects, PinAcrossMappingsStaysForEver) {
  ASSERT_EQ(subject_->attach(0, nullptr), 0);
  subject_->enroll(0);
  ASSERT_EQ(map(0, kPage), 0);
  ASSERT_EQ(map(kPage, kPage), 0);
  ASSERT_EQ(pin(0, 1, 1), 1);
  ASSERT_EQ(map(2 * kPage, kPage), 0);
  subject_->unpin(1, 1);
  EXPECT_EQ(subject_->sizes().pinned_pages, 1u);
  EXPECT_EQ(subject_->release(),
            "allocations left: 1\nlocked pages left: 1\npages pinned to be written left: 1\n"
            "a warning in vfio_remove_dma\n");
}

TEST_P(Defects, ElevenPinsInTheWindowAreABug) {
  ASSERT_EQ(subject_->attach(0, nullptr), 0);
  subject_->enroll(0);
  ASSERT_EQ(map(0, kPage), 0);
  ASSERT_EQ(pin(0, 0, 1), 1);
  unsigned callbacks = 0;
  callback_ = [&](std::uint64_t iova) {  // it does what it must, and needs the page again
    ++callbacks;
    subject_->unpin(iova, 1);
    EXPECT_EQ(pin(0, iova, 1), 1);
  };
  EXPECT_THROW(unmap(0, kPage), LinuxStopped);
  EXPECT_EQ(callbacks, 11u);
}

// A device's pin is of the memory of who made the mapping.
TEST_P(Defects, AttachMapsTheCallersMemory) {
  ASSERT_EQ(subject_->attach(0, nullptr), 0);
  subject_->enroll(0);
  ASSERT_EQ(map(0, 2 * kPage), 0);
  world_.processes.caller.process = 1;
  EXPECT_EQ(pin(0, 0, 1), 1);
  EXPECT_EQ(now().nr_pinned_of_other, 0u);
  EXPECT_EQ(subject_->attach(1, &hardware_kind(0)), 0);
  EXPECT_EQ(now().nr_pinned_of_other, 2u);
}

// If the first one reaches all 64 bits.
TEST_P(Defects, SecondGroupNeedNotReachWhatIsMapped) {
  constexpr std::uint64_t kBeyond = std::uint64_t{1} << 63;
  ASSERT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  ASSERT_EQ(map(kBeyond, kPage), 0);
  EXPECT_EQ(subject_->attach(1, &hardware_kind(5)), 0);  // 39 bits
  EXPECT_EQ(map(kBeyond + kPage, kPage), -EINVAL);
}

TEST_P(Defects, InfoLeaks) {
  ASSERT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  for (unsigned i = 0; i < 10; ++i) {
    world_.fail_allocation = 3;
    EXPECT_EQ(info(), -ENOMEM);
  }
  world_.fail_allocation = 0;
  EXPECT_EQ(subject_->release(), "allocations left: 10\n");
}

// Of a mapping with nothing behind it, as nothing is pinned.
TEST_P(Defects, BitmapsAreChargedToNobody) {
  constexpr std::uint64_t kPages = (std::uint64_t{1} << 31) - 1;
  ASSERT_EQ(subject_->attach(0, nullptr), 0);
  ASSERT_EQ(map(0, kPages * kPage), 0);
  const std::uint64_t before = linux_subject().uncharged_bytes();
  ASSERT_EQ(start(), 0);
  EXPECT_EQ(linux_subject().uncharged_bytes() - before, (std::uint64_t{256} << 20) + 8);
  EXPECT_EQ(subject_->sizes().locked_pages, 0u);
}

INSTANTIATE_TEST_SUITE_P(Linux, Defects,
                         testing::ValuesIn(linux_versions().begin(), linux_versions().end()),
                         version_name);

}  // namespace
}  // namespace tidemark
