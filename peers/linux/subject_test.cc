// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Linux as a subject: what it says of itself is so, findings included.
#include <cerrno>

#include "linux_fixture.h"
#include "test_support.h"

namespace tidemark {
namespace {

class SubjectTest : public HandsOn {};

TEST_P(SubjectTest, CountsWhatItHolds) {
  EXPECT_EQ(subject_->attach(0, nullptr), 0);
  subject_->enroll(0);
  EXPECT_EQ(map(0, 4 * kPageBytes), 0);
  EXPECT_EQ(pin(0, kPageBytes, 2), 2);
  EXPECT_EQ(pfns_[1], World::pfn_of(kRamFirst + 2 * kPageBytes));
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
  world_.processes.set_limit(0, 5);
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
  EXPECT_EQ(pin(0, 0, 1), 1);
  try {
    unmap(0, kPageBytes);  // nobody unpins
    ADD_FAILURE() << "it went on";
  } catch (const LinuxStopped& stopped) {
    EXPECT_EQ(print(stopped.signature), "linux.bug.vfio_dma_do_unmap");
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

INSTANTIATE_TEST_SUITE_P(Linux, SubjectTest,
                         testing::ValuesIn(linux_versions().begin(), linux_versions().end()),
                         version_name);

}  // namespace
}  // namespace tidemark
