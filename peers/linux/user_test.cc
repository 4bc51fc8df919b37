// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What programs cannot say of the user: signals, memory without struct pages, addresses
// that are out of date; and what Linux does for other processes and threads of the kernel.
#include <cerrno>

#include "linux_fixture.h"
#include "test_support.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kPage = kPageBytes;
using Pages = std::vector<std::uint64_t>;
using Warnings = std::vector<std::string>;

class User : public HandsOn {
 protected:
  void call_as(std::uint8_t process) { world_.processes.caller.process = process; }
  void attach_hardware() {
    ASSERT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
    subject_->enroll(0);
  }
  // From the address of map(first) on.
  void device_memory(std::uint64_t first, std::uint64_t bytes, std::uint64_t pfn = kDevicePfn) {
    now().device_first = kRamFirst + first;
    now().device_last = kRamFirst + first + bytes - 1;
    now().device_pfn = pfn;
  }
  static constexpr std::uint64_t kDevicePfn = std::uint64_t{1} << 40;
};

TEST_P(User, KernelThreadsWrite) {
  ASSERT_EQ(map(0, 2 * kPage), 0);
  ASSERT_EQ(start(), 0);
  call_as(kKernelThread);
  EXPECT_EQ(write(kPage), 0);
  call_as(0);
  EXPECT_EQ(query(0, 2 * kPage), 0);
  EXPECT_EQ(reported(), Pages{1});
}

TEST_P(User, KernelThreadsCannotMap) {
  ASSERT_EQ(map(0, kPage), 0);
  call_as(kKernelThread);
  EXPECT_EQ(subject_->attach(0, &hardware_kind(0)), -ENODEV);
}

TEST_P(User, OthersCannotWrite) {
  ASSERT_EQ(map(0, kPage), 0);
  call_as(1);
  EXPECT_EQ(write(0), -EFAULT);
}

TEST_P(User, NobodyPinsOrWritesMemoryOfWhoIsGone) {
  ASSERT_EQ(subject_->attach(1, nullptr), 0);
  subject_->enroll(0);
  ASSERT_EQ(map(0, kPage), 0);
  world_.processes.exit(0);
  EXPECT_EQ(write(0), -EPERM);
  EXPECT_EQ(pin(1, 0, 1), -ENODEV);
}

TEST_P(User, WhoIsGoneIsGivenNothingBack) {
  attach_hardware();
  ASSERT_EQ(map(0, kPage), 0);
  world_.processes.exit(0);
  EXPECT_EQ(unmap(0, kPage), 0);
  EXPECT_EQ(subject_->sizes().locked_pages, 0u);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(User, WhoIsDyingLocksNothing) {
  attach_hardware();
  now().dying = true;
  EXPECT_EQ(map(0, kPage), -EINTR);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(User, SomeMayLockAnyNumberOfPages) {
  attach_hardware();
  world_.processes.set_limit(0, 1);
  EXPECT_EQ(map(0, 4 * kPage), -ENOMEM);
  world_.processes.caller.ipc_lock = true;
  EXPECT_EQ(map(0, 4 * kPage), 0);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(User, PagesArePinnedOneByOneIfTold) {
  now().no_huge_pages = true;
  attach_hardware();
  EXPECT_EQ(map(0, 4 * kPage), 0);
  EXPECT_EQ(subject_->sizes().locked_pages, 4u);
  EXPECT_EQ(unmap(0, 4 * kPage), 0);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(User, ZeroPageIsNotAccounted) {
  attach_hardware();
  now().zero_pfn = World::pfn_of(kRamFirst + kPage);
  EXPECT_EQ(map(0, 3 * kPage, VFIO_DMA_MAP_FLAG_READ), 0);
  EXPECT_EQ(subject_->sizes().locked_pages, 2u);
  EXPECT_EQ(unmap(0, 3 * kPage), 0);
  EXPECT_EQ(subject_->release(), "");
}

// --- Memory without struct pages ---

TEST_P(User, DeviceMemoryIsMappedAndNotAccounted) {
  attach_hardware();
  for (const auto tables : {LINUX_MAPPED, LINUX_FAULTS, LINUX_FAULTS_MORE}) {
    device_memory(kPage, 2 * kPage);
    now().device_tables = tables;
    EXPECT_EQ(map(0, 4 * kPage), 0);
    EXPECT_EQ(subject_->sizes().locked_pages, 2u);
    EXPECT_EQ(unmap(0, 4 * kPage), 0);
  }
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(User, DeviceMemoryCannotBeMapped) {
  attach_hardware();
  device_memory(kPage, kPage);
  now().device_tables = LINUX_NOT_THERE;
  EXPECT_EQ(map(0, 4 * kPage), -EFAULT);
  now().device_tables = LINUX_GOES_AWAY;
  EXPECT_EQ(map(0, 4 * kPage), -EINVAL);
  now().device_tables = LINUX_MAPPED;
  now().device_read_only = true;
  EXPECT_EQ(map(0, 4 * kPage), -EFAULT);
  EXPECT_EQ(map(0, 4 * kPage, VFIO_DMA_MAP_FLAG_READ), 0);
  EXPECT_EQ(unmap(0, 4 * kPage), 0);
  now().device_has_structs = true;
  EXPECT_EQ(map(0, 4 * kPage, VFIO_DMA_MAP_FLAG_READ), -EFAULT);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(User, DevicesCannotPinDeviceMemory) {
  ASSERT_EQ(subject_->attach(1, nullptr), 0);
  subject_->enroll(0);
  device_memory(0, kPage);
  ASSERT_EQ(map(0, kPage), 0);
  EXPECT_EQ(pin(1, 0, 1), -EINVAL);
}

// type1 takes the first page of the host for one that is not mapped.
TEST_P(User, FirstPageOfTheHostIsPassedOver) {
  attach_hardware();
  device_memory(0, kPage, 0);
  ASSERT_EQ(map(0, kPage), 0);
  EXPECT_EQ(subject_->attach(1, &hardware_kind(1)), 0);
  EXPECT_EQ(warnings(), Warnings{"vfio_iommu_replay"});
  EXPECT_EQ(unmap(0, kPage), 0);
  EXPECT_EQ(warnings(), Warnings{"vfio_unmap_unpin"});
}

// --- New user addresses for old mappings ---

constexpr std::uint32_t kForget = VFIO_DMA_UNMAP_FLAG_VADDR, kRenew = VFIO_DMA_MAP_FLAG_VADDR;

TEST_P(User, NothingIsPinnedWhileAddressesAreInvalid) {
  attach_hardware();
  ASSERT_EQ(map(0, kPage), 0);
  EXPECT_EQ(unmap(0, kPage, kForget), 0);
  EXPECT_EQ(unmapped_, kPage);
  EXPECT_EQ(pin(0, 0, 1), -EBUSY);
  EXPECT_EQ(write(0), -EBUSY);
  EXPECT_EQ(warnings(), (Warnings{"vfio_iommu_type1_pin_pages", "vfio_iommu_type1_dma_rw"}));
  EXPECT_EQ(subject_->attach(1, nullptr), -EBUSY);
  EXPECT_EQ(unmap(0, kPage), 0);
  EXPECT_EQ(subject_->attach(1, nullptr), 0);
  EXPECT_EQ(subject_->release(), "");
}

TEST_P(User, AddressesAreInvalidatedOnceOrNotAtAll) {
  ASSERT_EQ(map(0, kPage), 0);
  ASSERT_EQ(map(kPage, kPage), 0);
  EXPECT_EQ(unmap(kPage, kPage, kForget), 0);
  EXPECT_EQ(unmap(0, 2 * kPage, kForget), -EINVAL);
  EXPECT_EQ(map(0, kPage, kRenew), -EINVAL);  // was not invalidated
  EXPECT_EQ(map(kPage, 2 * kPage, kRenew), -EINVAL);
  EXPECT_EQ(map(kPage, kPage, kRenew), 0);
  EXPECT_EQ(map(2 * kPage, kPage, kRenew), -ENOENT);
  EXPECT_EQ(map(0, kPage, kRenew | kReadWrite), -EINVAL);
  ASSERT_EQ(subject_->attach(0, nullptr), 0);
  EXPECT_EQ(unmap(0, kPage, kForget), -EBUSY);
}

TEST_P(User, MappingsMoveToAnotherProcess) {
  attach_hardware();
  ASSERT_EQ(map(0, 2 * kPage), 0);
  EXPECT_EQ(unmap(0, 2 * kPage, kForget), 0);
  call_as(1);
  now().dying = true;
  EXPECT_EQ(map(0, 2 * kPage, kRenew), -EINTR);
  now().dying = false;
  EXPECT_EQ(map(0, 2 * kPage, kRenew), 0);
  world_.processes.exit(0);
  EXPECT_EQ(write(0), 0);
  EXPECT_EQ(subject_->sizes().locked_pages, 2u);
  EXPECT_EQ(subject_->release(), "");
}

INSTANTIATE_TEST_SUITE_P(Linux, User,
                         testing::ValuesIn(linux_versions().begin(), linux_versions().end()),
                         version_name);

}  // namespace
}  // namespace tidemark
