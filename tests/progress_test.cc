// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a fuzzing process leaves behind of what it ran.
#include "progress.h"

#include <gtest/gtest.h>

#include <memory>

namespace tidemark {
namespace {

TEST(RecentInputs, AreTheLastHundredInTheirOrder) {
  const auto recent = std::make_unique<RecentInputs>();
  EXPECT_TRUE(inputs_in(*recent).empty());
  for (unsigned i = 0; i < 250; ++i) {
    const std::vector<std::uint8_t> bytes(i, static_cast<std::uint8_t>(i));
    note_input(*recent, bytes.data(), bytes.size());
    const auto inputs = inputs_in(*recent);
    ASSERT_EQ(inputs.size(), std::min<std::size_t>(i + 1, RecentInputs::kInputs));
    EXPECT_EQ(inputs.back(), bytes);
    EXPECT_EQ(inputs.front().size(), i + 1 - inputs.size());
  }
}

TEST(RecentInputs, AreCutToWhatAnInputMayBe) {
  const auto recent = std::make_unique<RecentInputs>();
  const std::vector<std::uint8_t> bytes(RecentInputs::kMostBytes + 1);
  note_input(*recent, bytes.data(), bytes.size());
  EXPECT_EQ(inputs_in(*recent)[0].size(), RecentInputs::kMostBytes);
}

}  // namespace
}  // namespace tidemark
