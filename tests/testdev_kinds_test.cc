// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The IOMMU of test guests has the kinds that the simulator has.
#include <gtest/gtest.h>

#include <iterator>

#include "../impl/testdev/kinds.h"
#include "hardware_kinds.h"

namespace tidemark {
namespace {

TEST(TestdevKinds, AreThoseOfTheSimulator) {
  ASSERT_EQ(std::size(testdev_kinds), kHardwareKinds);
  for (unsigned i = 0; i < kHardwareKinds; ++i) {
    SCOPED_TRACE(i);
    const testdev_kind& guest = testdev_kinds[i];
    const HardwareKind& kind = hardware_kind(i);
    EXPECT_EQ(guest.pgsizes, kind.pgsizes);
    EXPECT_EQ(guest.cache_coherent != 0, kind.cache_coherent);
    EXPECT_EQ(guest.aperture.first, kind.aperture.first);
    EXPECT_EQ(guest.aperture.last, kind.aperture.last);
    ASSERT_EQ(guest.nr_reserved, kind.nr_reserved);
    for (unsigned j = 0; j < kind.nr_reserved; ++j) {
      EXPECT_EQ(guest.reserved[j].first, kind.reserved[j].first);
      EXPECT_EQ(guest.reserved[j].last, kind.reserved[j].last);
    }
  }
}

}  // namespace
}  // namespace tidemark
