// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The reference by the rules of docs/iommufd-contract.md, each named for its number.
#include "model.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tidemark::iommufd {
namespace {

constexpr UserMemory kMemory = {16, -1};

class IommufdContract : public testing::Test {
 protected:
  static Operation query(std::uint64_t first, std::uint64_t bytes) {
    Operation operation;
    operation.verb = Verb::query;
    operation.iova = first;
    operation.bytes = bytes;
    return operation;
  }
  // Entries of so many bytes.
  void map(std::uint64_t first, std::uint64_t bytes, std::uint64_t entry_bytes = kPage) {
    Operation operation;
    operation.iova = first;
    operation.bytes = bytes;
    ASSERT_EQ(model_.map(operation), 0);
    std::vector<Entry> entries;
    for (std::uint64_t at = first; at < first + bytes; at += entry_bytes)
      entries.push_back({at, entry_bytes, true, false, entry_bytes});
    model_.mapped(operation, entries);
  }
  Bits asked(const Operation& operation, int result = 0) {
    const QueryResult answer = model_.query(operation, kMemory);
    EXPECT_EQ(answer.result, result);
    return answer.stored;
  }
  static Bits bits(Bit first, Bit end) {
    Bits set;
    set.add(BitInterval(first, end));
    return set;
  }

  Model model_{~std::uint64_t{0}, {}};
};

TEST_F(IommufdContract, I1_I2_WhatWasWrittenIsReportedOnceAndNothingElse) {
  model_.track(true);
  map(0, 4 * kPage);
  EXPECT_TRUE(model_.write(2 * kPage + 5));
  EXPECT_EQ(asked(query(0, 4 * kPage)), bits(2, 3));
  EXPECT_EQ(asked(query(0, 4 * kPage)), Bits());
}

TEST_F(IommufdContract, I3_I6_OfAnEntryThePartIsReportedAndTheMarkStays) {
  model_.track(true);
  map(0, 4 * kPage, 4 * kPage);
  model_.write(3 * kPage);
  EXPECT_EQ(asked(query(0, 2 * kPage)), bits(0, 2));
  EXPECT_EQ(asked(query(2 * kPage, 2 * kPage)), bits(0, 2));
  EXPECT_EQ(asked(query(0, 4 * kPage)), bits(0, 4));
  EXPECT_EQ(asked(query(0, 4 * kPage)), Bits());
}

TEST_F(IommufdContract, I4_BitsAreForThePageSizeAndBeginWhereTheBitmapDoes) {
  model_.track(true);
  map(0, 4 * kPage);
  model_.write(3 * kPage);
  Operation operation = query(0, 4 * kPage);
  operation.page_bytes = 2 * kPage;
  operation.at = 9;
  operation.no_clear = true;
  EXPECT_EQ(asked(operation), bits(73, 74));
  operation.page_bytes = kPage / 2;
  EXPECT_EQ(asked(operation), bits(78, 80));
}

TEST_F(IommufdContract, I6_NoClearLeavesMarks) {
  model_.track(true);
  map(0, kPage);
  model_.write(0);
  Operation operation = query(0, kPage);
  operation.no_clear = true;
  EXPECT_EQ(asked(operation), bits(0, 1));
  EXPECT_EQ(asked(query(0, kPage)), bits(0, 1));
}

TEST_F(IommufdContract, I7_ArgumentsThatAreWrongAreRefused) {
  model_.track(true);
  map(0, 4 * kPage);
  asked(query(0, 0), -EINVAL);
  asked(query(~std::uint64_t{0} - kPage + 1, 2 * kPage), -EOVERFLOW);
  asked(query(1, kPage), -EINVAL);
  asked(query(0, kPage + 1), -EINVAL);
  for (const std::uint64_t bytes : {std::uint64_t{0}, 3 * kPage, 8 * kPage}) {
    Operation operation = query(0, 4 * kPage);
    operation.page_bytes = bytes;
    asked(operation, -EINVAL);
  }
}

TEST_F(IommufdContract, I8_I12_WithTrackingOffThereIsNoAnswer) {
  map(0, kPage);
  asked(query(0, kPage), -EINVAL);
  model_.track(true);
  model_.write(0);
  model_.track(true);
  EXPECT_EQ(asked(query(0, kPage)), bits(0, 1));
  model_.write(0);
  model_.track(false);
  model_.track(true);
  EXPECT_EQ(asked(query(0, kPage)), Bits());
}

TEST_F(IommufdContract, I9_I11_AGapIsAnErrorAndTakesNothing) {
  model_.track(true);
  map(0, kPage);
  map(2 * kPage, kPage);
  model_.write(0);
  EXPECT_EQ(asked(query(0, 3 * kPage), -EINVAL), Bits());
  EXPECT_EQ(asked(query(0, kPage)), bits(0, 1));
}

TEST_F(IommufdContract, I10_I11_MissingMemoryIsAnErrorAndTakesNothing) {
  model_.track(true);
  map(0, kPage);
  model_.write(0);
  const QueryResult answer = model_.query(query(0, kPage), {16, 0});
  EXPECT_EQ(answer.result, -EFAULT);
  EXPECT_EQ(answer.stored, Bits());
  EXPECT_EQ(asked(query(0, kPage)), bits(0, 1));
}

TEST_F(IommufdContract, I13_WhatIsUnmappedIsNotWritten) {
  model_.track(true);
  map(0, kPage);
  map(kPage, 2 * kPage);
  Operation operation;
  operation.verb = Verb::unmap;
  operation.bytes = 2 * kPage;
  EXPECT_EQ(model_.unmap(operation), -ENOENT);
  EXPECT_FALSE(model_.write(0));
  EXPECT_TRUE(model_.write(kPage));
}

}  // namespace
}  // namespace tidemark::iommufd
