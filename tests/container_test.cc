// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Containers that cannot be made, or are not made yet.
#include <gtest/gtest.h>
#include <linux/vfio.h>

#include <cerrno>

#include "os_machine.h"
#include "tidemark.h"

namespace tidemark {
namespace {

int create(std::uint32_t type, int rule, std::uint64_t fail_allocation,
           int store = TIDEMARK_STORE_BITMAP) {
  os_machine machine = {};
  machine.fail_allocation = fail_allocation;
  os_current = &machine;
  const tidemark_config config = {type, static_cast<tidemark_range_rule>(rule), 65535,
                                  static_cast<tidemark_store>(store)};
  tidemark_container* container = nullptr;
  const int result = tidemark_container_create(&config, &container);
  if (result == 0) tidemark_container_destroy(container);
  EXPECT_EQ(machine.nr_allocations, 0u);
  EXPECT_EQ(container == nullptr, result != 0);
  return result;
}

TEST(Container, IsMadeOnlyAsTheContractHasIt) {
  EXPECT_EQ(create(VFIO_TYPE1_IOMMU, TIDEMARK_RANGE_EXACT, 0), 0);
  EXPECT_EQ(create(VFIO_TYPE1v2_IOMMU, TIDEMARK_RANGE_ANY, 0), 0);
  EXPECT_EQ(create(VFIO_TYPE1_NESTING_IOMMU, TIDEMARK_RANGE_WHOLE, 0), -EINVAL);
  EXPECT_EQ(create(VFIO_TYPE1v2_IOMMU, 3, 0), -EINVAL);
  EXPECT_EQ(create(VFIO_TYPE1v2_IOMMU, TIDEMARK_RANGE_WHOLE, 1), -ENOMEM);
  EXPECT_EQ(create(VFIO_TYPE1v2_IOMMU, TIDEMARK_RANGE_WHOLE, 0, TIDEMARK_STORE_SPARSE), 0);
  EXPECT_EQ(create(VFIO_TYPE1v2_IOMMU, TIDEMARK_RANGE_WHOLE, 0, TIDEMARK_STORE_RANGES), 0);
  EXPECT_EQ(create(VFIO_TYPE1v2_IOMMU, TIDEMARK_RANGE_WHOLE, 0, TIDEMARK_STORE_PINNED), 0);
  EXPECT_EQ(create(VFIO_TYPE1v2_IOMMU, TIDEMARK_RANGE_WHOLE, 0, 4), -EINVAL);
}

// A user may ask before it makes one.
TEST(Container, SaysWhatItWillBeBeforeThereIsOne) {
  const auto ask = [](unsigned long extension) {
    return tidemark_container_ioctl(nullptr, VFIO_CHECK_EXTENSION, extension);
  };
  EXPECT_EQ(ask(VFIO_TYPE1_IOMMU), 1);
  EXPECT_EQ(ask(VFIO_TYPE1v2_IOMMU), 1);
  EXPECT_EQ(ask(VFIO_UNMAP_ALL), 1);
  EXPECT_EQ(ask(VFIO_TYPE1_NESTING_IOMMU), 0);
  EXPECT_EQ(ask(VFIO_DMA_CC_IOMMU), 0);
}

}  // namespace
}  // namespace tidemark
