// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mutator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "program_bytes.h"

namespace tidemark {
namespace {

constexpr std::size_t kMutations = 20000;

TEST(Mutator, KeepsToWholeRecordsAndTheLimit) {
  Mutator mutator(1);
  std::vector<std::uint8_t> bytes;
  for (const std::size_t limit : {kMaxProgramBytes, 5 * kRecordBytes, 2 * kRecordBytes + 3}) {
    for (std::size_t round = 0; round < kMutations; ++round) {
      mutator.mutate(bytes, limit);
      ASSERT_LE(bytes.size(), limit);
      ASSERT_GE(bytes.size(), 2 * kRecordBytes);
      ASSERT_EQ(bytes.size() % kRecordBytes, 0u);
    }
  }
}

TEST(Mutator, DoesTheSameEveryTime) {
  Mutator a(7), b(7), other(8);
  std::vector<std::uint8_t> x, y, z;
  for (std::size_t round = 0; round < 100; ++round) {
    a.mutate(x, kMaxProgramBytes);
    b.mutate(y, kMaxProgramBytes);
    other.mutate(z, kMaxProgramBytes);
  }
  EXPECT_EQ(x, y);
  EXPECT_NE(x, z);
}

// A part of a record, and nothing at all, are programs, too.
TEST(Mutator, TakesAnyBytes) {
  Mutator mutator(3);
  for (std::size_t size = 0; size < 3 * kRecordBytes; ++size) {
    std::vector<std::uint8_t> bytes(size, 0xff);
    mutator.mutate(bytes, kMaxProgramBytes);
    EXPECT_GE(decode(bytes).operations.size(), 1u) << size;
  }
}

// From nothing it comes to every kind of operation.
TEST(Mutator, ReachesEveryVerb) {
  Mutator mutator(11);
  std::set<Verb> verbs;
  for (std::size_t round = 0; round < kMutations; ++round) {
    std::vector<std::uint8_t> bytes;
    mutator.mutate(bytes, kMaxProgramBytes);
    for (const Operation& operation : decode(bytes).operations) verbs.insert(operation.verb);
  }
  EXPECT_EQ(verbs.size(), kVerbs);
}

// Programs grow from others: three in a row that no random record is like.
TEST(Mutator, TakesOperationsFromProgramsSeenBefore) {
  std::vector<std::uint8_t> marked(4 * kRecordBytes, 0xee);
  Mutator mutator(5);
  std::size_t spliced = 0;
  for (std::size_t round = 0; round < kMutations; ++round) {
    std::vector<std::uint8_t> first = marked, second(2 * kRecordBytes, 0);
    mutator.mutate(first, kMaxProgramBytes);
    mutator.mutate(second, kMaxProgramBytes);
    const std::vector<std::uint8_t> run(2 * kRecordBytes, 0xee);
    spliced += std::ranges::search(second, run).begin() != second.end();
  }
  EXPECT_GT(spliced, kMutations / 100);
}

}  // namespace
}  // namespace tidemark
