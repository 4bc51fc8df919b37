// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which programs a fuzzing process leaves to a child, or out.
#include "known_ends.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "support.h"

namespace tidemark {
namespace {

class KnownEndsTest : public testing::Test {
 protected:
  // How many of so many such programs are left out.
  unsigned left_out(const char* program, unsigned times) {
    const Program one = program_of(program);
    unsigned out = 0;
    for (unsigned i = 0; i < times; ++i)
      out += ends_.leaves_out(one, [this] {
        ++tried_;
        return ends_it_;
      });
    return out;
  }

  const std::vector<Program> reduced_ = {program_of("map 0p 1p rw\nquery 0p 1p")};
  KnownEnds ends_ = KnownEnds(reduced_);
  bool ends_it_ = true;
  unsigned tried_ = 0;
};

TEST_F(KnownEndsTest, WhatIsLikeNoFindingRunsAtOnce) {
  for (const char* program : {"map 0p 1p rw", "query 0p 1p\nmap 0p 1p rw", "start",
                              "container v1\nmap 0p 1p rw\nquery 0p 1p"})
    EXPECT_EQ(left_out(program, 5), 0u) << program;
  EXPECT_EQ(tried_, 0u);
}

TEST_F(KnownEndsTest, WhatIsLikeOneIsTriedWhateverItsArgumentsAre) {
  EXPECT_EQ(left_out("start\nmap 7p 2p r\nstart\nquery 8p 1p\nstop", 5), 5u);
  EXPECT_EQ(tried_, 5u);
  ends_it_ = false;
  EXPECT_EQ(left_out("map 0p 1p rw\nquery 0p 1p", 5), 0u);
  EXPECT_EQ(tried_, 10u);
}

TEST_F(KnownEndsTest, WhatEndedEachTimeIsSeldomTried) {
  EXPECT_EQ(left_out("map 0p 1p rw\nquery 0p 1p", KnownEnds::kRunAnyway - 1),
            KnownEnds::kRunAnyway - 1);
  EXPECT_EQ(tried_, KnownEnds::kSure + KnownEnds::kRunAnyway / KnownEnds::kTriedOfSure - 2);
}

TEST_F(KnownEndsTest, OneOfManyRunsInTheProcessInCaseItIsAnother) {
  EXPECT_EQ(left_out("map 0p 1p rw\nquery 0p 1p", 3 * KnownEnds::kRunAnyway),
            3 * (KnownEnds::kRunAnyway - 1));
}

TEST_F(KnownEndsTest, AGuessThatIsNeverRightCostsNoMore) {
  ends_it_ = false;
  EXPECT_EQ(left_out("map 0p 1p rw\nquery 0p 1p", 1000), 0u);
  EXPECT_EQ(tried_, KnownEnds::kMostTries);
}

TEST(AChild, MayEndInAnyWay) {
  constexpr unsigned kLong = 10'000;
  EXPECT_FALSE(ends_a_child([] {}, kLong));
  EXPECT_TRUE(ends_a_child([] { std::abort(); }, kLong));
  EXPECT_TRUE(ends_a_child([] { std::exit(0); }, kLong));
  EXPECT_TRUE(ends_a_child([] { raise(SIGSEGV); }, kLong));
  EXPECT_TRUE(ends_a_child([] { pause(); }, 10));
}

}  // namespace
}  // namespace tidemark
