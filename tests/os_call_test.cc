// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How often each entry takes the container's lock (R17), as os_machine.h has it.
#include <gtest/gtest.h>
#include <linux/vfio.h>

#include <array>
#include <cerrno>

#include "lock_shim.h"
#include "support.h"

namespace tidemark {
namespace {

class OsCall : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(tracker_.attach(&group_), 0);
    device_.self.dma_unmap = unpin_all;
    device_.tracker = &tracker_;
    tidemark_device_register(tracker_.container, &device_.self);
  }
  void TearDown() override { tidemark_device_unregister(tracker_.container, &device_.self); }

  // That `entry` takes the lock so often, and touches nothing without it.
  template <typename Entry>
  void takes(__u64 expected, Entry entry) {
    os_call call;
    os_call_begin(&call);
    entry();
    os_call_end(&call);
    EXPECT_EQ(call.nr_takes, expected);
    EXPECT_EQ(call.nr_outside, 0u);
    EXPECT_EQ(call.nr_kept, 0u);
  }
  // The same of an ioctl that returns `result`; its struct is 0 behind `argsz`.
  void ioctl_takes(__u64 expected, long result, unsigned command, __u32 argsz) {
    std::array<__u32, 16> argument = {argsz};
    takes(expected, [&] {
      const auto address = reinterpret_cast<unsigned long>(argument.data());
      EXPECT_EQ(tidemark_container_ioctl(tracker_.container, command, address), result);
    });
  }

  struct Device {
    tidemark_device self;  // first: its address is the device's
    BareTracker* tracker;
    int callbacks;
  };
  // The driver gives back eight pages, in a call of its own.
  static void unpin_all(tidemark_device* device, __u64 iova, __u64) {
    auto* self = reinterpret_cast<Device*>(device);
    ++self->callbacks;
    os_call call;
    os_call_begin(&call);
    self->tracker->unpin(iova / kPageBytes, 8);
    os_call_end(&call);
    EXPECT_EQ(call.nr_takes, 1u);
  }

  BareTracker tracker_;
  Device device_ = {};
  int group_ = 0;
  alignas(kPageBytes) std::array<std::uint64_t, 8 * 512> memory_ = {};
  std::vector<std::uint64_t> words_;
};

TEST_F(OsCall, WhatSucceedsTakesTheLockOnce) {
  takes(1, [&] { EXPECT_EQ(tracker_.map(0, 8, memory_.data()), 0); });
  takes(1, [&] { EXPECT_EQ(tracker_.start(), 0); });
  takes(1, [&] { EXPECT_EQ(tracker_.pin(&group_, 2, 4), 4); });
  takes(1, [&] { EXPECT_EQ(tracker_.write(1, 42), 0); });
  takes(1, [&] { EXPECT_EQ(tracker_.query(0, 8, words_), 0); });
  takes(1, [&] { tracker_.unpin(2, 4); });
  takes(1, [&] { EXPECT_EQ(tracker_.unmap(0, 8, words_), 0); });
  takes(1, [&] { EXPECT_EQ(tracker_.stop(), 0); });
  takes(1, [&] { tracker_.stats(); });
  ioctl_takes(1, 0, VFIO_IOMMU_GET_INFO, sizeof(vfio_iommu_type1_info));
  takes(1, [&] {
    EXPECT_EQ(tidemark_container_ioctl(tracker_.container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU),
              1);
  });
  takes(0, [&] {
    EXPECT_EQ(tidemark_container_ioctl(tracker_.container, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU),
              1);
  });
}

TEST_F(OsCall, GroupsAndDevicesTakeTheLockOnce) {
  int hardware;
  ASSERT_EQ(tracker_.map(0, 8, memory_.data()), 0);
  takes(1, [&] { EXPECT_EQ(tracker_.attach_hardware(&hardware, kPageBytes), 0); });
  takes(1, [&] { EXPECT_EQ(tracker_.attach_hardware(&hardware, kPageBytes), -EINVAL); });
  takes(1, [&] { tidemark_group_detach(tracker_.container, &hardware); });
  takes(1, [&] { tidemark_group_detach(tracker_.container, &hardware); });
  takes(1, [&] { tidemark_device_unregister(tracker_.container, &device_.self); });
  takes(1, [&] { tidemark_device_register(tracker_.container, &device_.self); });
  const tidemark_visitor visitor = {nullptr, [](void*, __u64, __u64, __u64, int) {},
                                    [](void*, __u64, __u64) {}, [](void*, __u64, __u64) {}};
  takes(1, [&] { tidemark_container_visit(tracker_.container, &visitor); });
}

TEST_F(OsCall, AnUnmapTakesTheLockOnceMoreForEachCallback) {
  ASSERT_EQ(tracker_.map(0, 8, memory_.data()), 0);
  ASSERT_EQ(tracker_.map(8, 8, memory_.data()), 0);
  ASSERT_EQ(tracker_.map(16, 8, memory_.data()), 0);
  ASSERT_EQ(tracker_.pin(&group_, 1, 1), 1);
  ASSERT_EQ(tracker_.pin(&group_, 17, 1), 1);
  takes(3, [&] { EXPECT_EQ(tracker_.unmap(0, 24), 0); });
  EXPECT_EQ(device_.callbacks, 2);
  ASSERT_EQ(tracker_.map(0, 8, memory_.data()), 0);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(tracker_.pin(&group_, 1, 1), 1);
  takes(4, [&] { EXPECT_EQ(tracker_.unmap(0, 8), 0); });
}

TEST_F(OsCall, WhatFailsUnderTheLockTookIt) {
  takes(1, [&] { EXPECT_EQ(tracker_.map(0, 0, memory_.data()), -EINVAL); });
  takes(1, [&] { EXPECT_EQ(tracker_.unmap(0, 0), -EINVAL); });
  takes(1, [&] { EXPECT_EQ(tracker_.query(0, 8, words_), -EINVAL); });
  takes(1, [&] { EXPECT_EQ(tracker_.pin(&group_, 0, 1), -EINVAL); });
  takes(1, [&] { EXPECT_EQ(tracker_.write(0, 42), -EINVAL); });
  takes(1, [&] {
    EXPECT_EQ(tidemark_memory_read(tracker_.container, 0, memory_.data(), 0), -EINVAL);
  });
  takes(1, [&] { tracker_.unpin(0, 1); });
}

TEST_F(OsCall, WhatTheArgumentsDecideTakesNone) {
  ioctl_takes(0, -ENOTTY, VFIO_GET_API_VERSION, 0);
  ioctl_takes(0, -EINVAL, VFIO_IOMMU_GET_INFO, 8);
  ioctl_takes(0, -EINVAL, VFIO_IOMMU_MAP_DMA, sizeof(vfio_iommu_type1_dma_map));  // no rights
  ioctl_takes(0, -EINVAL, VFIO_IOMMU_UNMAP_DMA, 8);
  ioctl_takes(0, -EINVAL, VFIO_IOMMU_DIRTY_PAGES, sizeof(vfio_iommu_type1_dirty_bitmap));
  takes(0, [&] { EXPECT_EQ(tracker_.query(0, 0, words_), -EINVAL); });
  takes(0, [&] { EXPECT_EQ(tracker_.pin(&group_, 0, 0), -EINVAL); });
  takes(0, [&] { EXPECT_EQ(tracker_.pin(&group_, 0, 513), -E2BIG); });
  takes(0, [&] { tracker_.unpin(0, 513); });
}

TEST_F(OsCall, ALockThatIsKeptIsCountedAndGivenBack) {
  mutex *const first = lock_make(), *const second = lock_make();
  ASSERT_TRUE(first && second);
  os_call call;
  os_call_begin(&call);
  lock_take(first);
  lock_take(second);
  lock_give_back(first);
  takes(1, [&] { tracker_.stats(); });  // as in a callback
  os_call_end(&call);
  EXPECT_EQ(call.nr_takes, 2u);
  EXPECT_EQ(call.nr_kept, 1u);
  lock_free(first);
  lock_free(second);
}

}  // namespace
}  // namespace tidemark
