// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What programs cannot say of groups and their IOMMUs: apertures that exclude each
// other, interrupts, failures of the IOMMU and of every allocation. What Linux does.
#include <cerrno>

#include "linux_fixture.h"
#include "test_support.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kPage = kPageBytes, kAll = ~std::uint64_t{0};
constexpr std::uint64_t kSizes = 0x40201000;  // 4 KiB, 2 MiB, 1 GiB
using Warnings = std::vector<std::string>;
using Range = HardwareKind::Range;

class Groups : public HandsOn {};

// --- Apertures and reserved ranges ---

TEST_P(Groups, AperturesMustHaveSomethingInCommon) {
  constexpr HardwareKind low = {kSizes, true, {0, 0xffffffff}, {}, 0};
  constexpr HardwareKind high = {kSizes, false, {0x100000000, kAll}, {}, 0};
  EXPECT_EQ(subject_->attach(0, &low), 0);
  EXPECT_EQ(subject_->attach(1, &high), -EINVAL);
  subject_->detach(0);
  EXPECT_EQ(subject_->attach(1, &high), 0);
  EXPECT_EQ(subject_->attach(0, &low), -EINVAL);
}

TEST_P(Groups, MappingsMustBeInReach) {
  constexpr HardwareKind wide = {kSizes, true, {0, 0xffffffffffff}, {}, 0};
  constexpr HardwareKind middle = {kSizes, false, {0x100000, 0xffffff}, {}, 0};
  ASSERT_EQ(subject_->attach(0, &wide), 0);
  for (const std::uint64_t iova : {std::uint64_t{0}, std::uint64_t{0x1000000}}) {
    ASSERT_EQ(map(iova, kPage), 0);
    EXPECT_EQ(subject_->attach(1, &middle), -EINVAL);
    ASSERT_EQ(unmap(iova, kPage), 0);
  }
  ASSERT_EQ(map(0x100000, kPage), 0);
  EXPECT_EQ(subject_->attach(1, &middle), 0);
}

TEST_P(Groups, ApertureTakesWholeRangesAway) {
  constexpr HardwareKind holes = {
      kSizes, true, {0, kAll}, {Range{0x10000, 0x1ffff}, Range{0x40000, 0x4ffff}}, 2};
  constexpr HardwareKind middle = {kSizes, false, {0x24000, 0x2ffff}, {}, 0};
  ASSERT_EQ(subject_->attach(0, &holes), 0);
  ASSERT_EQ(subject_->attach(1, &middle), 0);
  EXPECT_EQ(map(0x23000, kPage), -EINVAL);
  EXPECT_EQ(map(0x24000, kPage), 0);
  EXPECT_EQ(map(0x2f000, kPage), 0);
  EXPECT_EQ(map(0x30000, kPage), -EINVAL);
  EXPECT_EQ(map(0x50000, kPage), -EINVAL);
}

TEST_P(Groups, SomethingMustNotBeReserved) {
  constexpr HardwareKind nothing = {kSizes, true, {0, 0xffff}, {Range{0, 0xffff}}, 1};
  EXPECT_EQ(subject_->attach(0, &nothing), -EINVAL);
}

TEST_P(Groups, ReservedRangesMustNotBeMapped) {
  ASSERT_EQ(map(0xfee00000, kPage), 0);
  EXPECT_EQ(subject_->attach(0, &hardware_kind(5)), -EINVAL);
  now().reserved = LINUX_RELAXABLE;
  EXPECT_EQ(subject_->attach(0, &hardware_kind(5)), 0);
  EXPECT_EQ(map(0xfee01000, kPage), 0);
}

// Too small to try large pages in.
TEST_P(Groups, FirstRangeOfOnePage) {
  constexpr HardwareKind small = {kSizes, true, {0, kAll}, {Range{0x1000, 0x1fff}}, 1};
  EXPECT_EQ(subject_->attach(0, &small), 0);
  EXPECT_EQ(map(0, kPage), 0);
  EXPECT_EQ(subject_->release(), "");
}

// --- Interrupts ---

TEST_P(Groups, InterruptsMustBeRemapped) {
  now().interrupts = LINUX_UNSAFE;
  EXPECT_EQ(subject_->attach(0, &hardware_kind(0)), -EPERM);
  now().interrupts = LINUX_REMAPPED_BY_IOMMU;
  EXPECT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
}

TEST_P(Groups, InterruptsMayNeedRoom) {
  now().reserved = LINUX_MSI;
  EXPECT_EQ(subject_->attach(0, &hardware_kind(5)), 0);
  subject_->detach(0);
  now().reserved = LINUX_SOFTWARE_MSI;
  EXPECT_EQ(subject_->attach(0, &hardware_kind(5)), 0);
  subject_->detach(0);
  now().msi_fails = true;
  EXPECT_EQ(subject_->attach(0, &hardware_kind(5)), -ENOMEM);
  EXPECT_EQ(subject_->release(), "");
}

// --- Failures ---

TEST_P(Groups, NoDomain) {
  now().no_domain = true;
  EXPECT_EQ(subject_->attach(0, &hardware_kind(0)), GetParam().bit == kLinux61 ? -EIO : -ENOMEM);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(Groups, DomainRefusesTheGroup) {
  now().fail_attach = 1;
  EXPECT_EQ(subject_->attach(0, &hardware_kind(0)), -ENODEV);
  EXPECT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  now().fail_attach = 3;  // back to its own, as it cannot be in the other group's
  EXPECT_EQ(subject_->attach(1, &hardware_kind(3)), -ENODEV);
  EXPECT_EQ(subject_->attach(1, &hardware_kind(3)), 0);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(Groups, NestingNeedsAnIommuThatCan) {
  ASSERT_EQ(linux_subject().reopen(VFIO_TYPE1_NESTING_IOMMU), 0);
  EXPECT_EQ(subject_->attach(0, &hardware_kind(0)), -EINVAL);
  now().nests = true;
  EXPECT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(Groups, ContainersThatCannotBe) {
  EXPECT_EQ(linux_subject().reopen(1000), -EINVAL);
  world_.fail_allocation = 1;
  EXPECT_EQ(linux_subject().reopen(VFIO_TYPE1v2_IOMMU), -ENOMEM);
  EXPECT_EQ(subject_->release(), "");
}

// The lower page maps in both, the one that needs alignment does not: neither does.
TEST_P(Groups, SecondIommuRefusesAMapping) {
  constexpr std::uint64_t kAlone = kRamFirst + 0x10b00 * kPage;  // its neighbours are elsewhere
  ASSERT_EQ(subject_->attach(0, &hardware_kind(2)), 0);
  ASSERT_EQ(subject_->attach(1, &hardware_kind(1)), 0);
  EXPECT_EQ(map_at(kAlone, 0, 16 * kPage), -EINVAL);
  warnings();  // of large pages
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(Groups, UnmapsInPartsThatAreFlushedTogether) {
  constexpr std::uint64_t kSmallBlocks = kRamFirst + 0x10000 * kPage, kBytes = 0xb80 * kPage;
  ASSERT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  ASSERT_EQ(map_at(kSmallBlocks, 0, kBytes), 0);
  EXPECT_EQ(unmap(0, kBytes), 0);
  EXPECT_EQ(subject_->sizes().locked_pages, 0u);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(Groups, IommuThatUnmapsNothingIsAskedTwice) {
  ASSERT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  ASSERT_EQ(map(0, kPage), 0);
  now().fail_unmap = 1;
  EXPECT_EQ(unmap(0, kPage), 0);
  EXPECT_EQ(warnings(), Warnings{});
  EXPECT_EQ(subject_->sizes().locked_pages, 0u);
  ASSERT_EQ(map(0, kPage), 0);
  now().fail_unmap = 2;
  EXPECT_EQ(unmap(0, kPage), 0);
  EXPECT_EQ(warnings(), Warnings{"vfio_unmap_unpin"});
  EXPECT_EQ(subject_->sizes().locked_pages, 1u);
}

// --- What the core asks ---

TEST_P(Groups, OnlyHardwareHasADomain) {
  ASSERT_EQ(subject_->attach(0, nullptr), 0);
  ASSERT_EQ(subject_->attach(1, &hardware_kind(0)), 0);
  EXPECT_EQ(linux_subject().has_domain(0), -ENODEV);
  EXPECT_EQ(linux_subject().has_domain(1), 0);
  EXPECT_EQ(linux_subject().has_domain(kGroups), -EINVAL);
}

TEST_P(Groups, OffersBeforeThereIsAContainer) {
  EXPECT_EQ(linux_subject().offers(VFIO_TYPE1v2_IOMMU), 1);
  EXPECT_EQ(linux_subject().offers(VFIO_DMA_CC_IOMMU), 0);
  EXPECT_EQ(linux_subject().offers(VFIO_UPDATE_VADDR), 0);
}

TEST_P(Groups, DevicesWithoutACallbackDoNotRegister) {
  ASSERT_EQ(subject_->attach(0, nullptr), 0);
  ASSERT_EQ(map(0, kPage), 0);
  now().no_callback = true;
  subject_->enroll(0);
  EXPECT_EQ(pin(0, 0, 1), -EINVAL);
  subject_->withdraw(0);
}

// --- Memory ---

// Steps of a life with groups of both kinds.
class Life : public HandsOn {
 protected:
  static constexpr unsigned kSteps = 11;
  void step(unsigned number) {
    switch (number) {
      case 0:
        subject_->attach(0, nullptr);
        break;
      case 1:
        map(0, 4 * kPage);
        break;
      case 2:
        subject_->attach(1, &hardware_kind(7));
        break;
      case 3:
        map(0x20000, 16 * kPage);
        break;
      case 4:
        subject_->attach(2, &hardware_kind(5));
        break;
      case 5:
        pin(0, 0x20000, 2);
        break;
      case 6:
        start();
        break;
      case 7:
        map(0x40000, 16 * kPage);
        break;
      case 8:
        info();
        break;
      case 9:
        unmap(0x40000, 16 * kPage);
        break;
      case 10:
        subject_->detach(1);
        break;
    }
  }
};

// Whatever step runs out of memory, and wherever, nothing is left in the end but
// what GET_INFO leaks (docs/linux-findings/info-leak.md).
TEST_P(Life, LeavesNothingWhenMemoryRunsOut) {
  for (unsigned bad = 0; bad < kSteps; ++bad)
    for (unsigned allocation = 1; allocation == 1 || world_.allocation_failed; ++allocation) {
      open({});
      subject_->enroll(0);
      for (unsigned i = 0; i < kSteps; ++i) {
        if (i == bad) world_.allocation_failed = false;
        world_.fail_allocation = i == bad ? allocation : 0;
        step(i);
        world_.fail_allocation = 0;
      }
      warnings();  // of large pages
      EXPECT_EQ(subject_->release(), bad == 8 && allocation == 3 ? "allocations left: 1\n" : "")
          << "step " << bad << ", allocation " << allocation;
    }
}

INSTANTIATE_TEST_SUITE_P(Linux, Groups,
                         testing::ValuesIn(linux_versions().begin(), linux_versions().end()),
                         version_name);
INSTANTIATE_TEST_SUITE_P(Linux, Life,
                         testing::ValuesIn(linux_versions().begin(), linux_versions().end()),
                         version_name);

}  // namespace
}  // namespace tidemark
