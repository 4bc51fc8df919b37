// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Linux as a subject: what it says of itself is so, findings included.
#include <gtest/gtest.h>
#include <linux/vfio.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "linux_subject.h"

namespace tidemark {
namespace {

struct Nobody final : UnmapListener {
  void dma_unmap(unsigned, std::uint64_t, std::uint64_t) override {}
};

// Two versions beside each other, each in a world of its own.
class SubjectTest : public testing::TestWithParam<SubjectFactory> {
 protected:
  void SetUp() override {
    const tidemark::Setup setup;
    world_.reset(setup, &nobody_);
    subject_ = GetParam()(setup, world_);
  }

  std::int64_t map(std::uint64_t iova, std::uint64_t bytes) {
    vfio_iommu_type1_dma_map map = {};
    map.argsz = sizeof(map);
    map.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
    map.vaddr = kRamFirst + iova;
    map.iova = iova;
    map.size = bytes;
    std::memcpy(world_.arguments[0].bytes.data(), &map, sizeof(map));
    return subject_->ioctl(VFIO_IOMMU_MAP_DMA, ArgumentArea::kBase);
  }
  std::int64_t unmap(std::uint64_t iova, std::uint64_t bytes) {
    vfio_iommu_type1_dma_unmap unmap = {};
    unmap.argsz = sizeof(unmap);
    unmap.iova = iova;
    unmap.size = bytes;
    std::memcpy(world_.arguments[0].bytes.data(), &unmap, sizeof(unmap));
    return subject_->ioctl(VFIO_IOMMU_UNMAP_DMA, ArgumentArea::kBase);
  }
  std::vector<std::string> warnings() {
    return dynamic_cast<LinuxSubject&>(*subject_).take_warnings();
  }

  Nobody nobody_;
  World world_;
  std::unique_ptr<Subject> subject_;
};

TEST_P(SubjectTest, CountsWhatItHolds) {
  EXPECT_EQ(subject_->attach(0, nullptr), 0);
  subject_->enroll(0);
  EXPECT_EQ(map(0, 4 * kPageBytes), 0);
  std::array<std::uint64_t, 512> pfns = {};
  EXPECT_EQ(subject_->pin(0, kPageBytes, 2, 3, pfns.data()), 2);
  EXPECT_EQ(pfns[1], World::pfn_of(kRamFirst + 2 * kPageBytes));
  const Sizes sizes = subject_->sizes();
  EXPECT_EQ(sizes.pinned_pages, 2u);
  EXPECT_EQ(sizes.locked_pages, 2u);
  EXPECT_EQ(sizes.mappings, 1u);
  EXPECT_EQ(sizes.dma_available, 65534u);
  subject_->unpin(kPageBytes, 2);
  EXPECT_EQ(subject_->sizes().locked_pages, 0u);
  subject_->withdraw(0);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(SubjectTest, HardwareLocksWhatIsMapped) {
  EXPECT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  world_.memlock_pages = 5;
  EXPECT_EQ(map(0, 4 * kPageBytes), 0);
  EXPECT_EQ(map(8 * kPageBytes, 2 * kPageBytes), -ENOMEM);
  EXPECT_EQ(subject_->sizes().locked_pages, 4u);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(SubjectTest, WarnsOfUnpinningWhatIsNotMapped) {
  EXPECT_EQ(subject_->attach(0, nullptr), 0);
  subject_->unpin(0, 1);
  EXPECT_EQ(warnings(), std::vector<std::string>{"vfio_iommu_type1_unpin_pages"});
  EXPECT_TRUE(warnings().empty());
}

// A warning that nobody asked for is not lost.
TEST_P(SubjectTest, SaysAtTheEndWhatItWarnedOf) {
  subject_->unpin(0, 1);
  EXPECT_EQ(subject_->release(), "a warning in vfio_iommu_type1_unpin_pages\n");
}

TEST_P(SubjectTest, StopsAtABug) {
  EXPECT_EQ(subject_->attach(0, nullptr), 0);
  subject_->enroll(0);
  EXPECT_EQ(map(0, kPageBytes), 0);
  std::array<std::uint64_t, 512> pfns = {};
  EXPECT_EQ(subject_->pin(0, 0, 1, 3, pfns.data()), 1);
  try {
    unmap(0, kPageBytes);  // nobody unpins
    ADD_FAILURE() << "it went on";
  } catch (const LinuxStopped& stopped) {
    EXPECT_EQ(stopped.signature, "linux.bug.vfio_dma_do_unmap");
  }
  subject_->withdraw(0);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(SubjectTest, RunsOutOfMemoryWhenTold) {
  world_.fail_allocation = 1;
  EXPECT_EQ(map(0, kPageBytes), -ENOMEM);
  EXPECT_TRUE(world_.allocation_failed);
  world_.fail_allocation = 0;
  EXPECT_EQ(map(0, kPageBytes), 0);
  EXPECT_EQ(subject_->release(), "");
}

INSTANTIATE_TEST_SUITE_P(Linux, SubjectTest, testing::Values(make_linux_6_1, make_linux_6_12));

}  // namespace
}  // namespace tidemark
