// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which programs a fuzzing process leaves to a child, or out.
#include "known_ends.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "finding.h"
#include "support.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

using std::chrono::milliseconds, std::chrono::nanoseconds, std::chrono::seconds;

constexpr const char* kLike = "map 0p 1p rw\nquery 0p 1p";

// What is tried takes the time that the test says.
class KnownEndsTest : public testing::Test {
 protected:
  KnownEndsTest() {
    know({kLike});
    write_content(tally_of(file_), std::string(sizeof(EndsTally), '\0'));
    ends_ = process();
  }
  void know(const std::vector<const char*>& programs) const {
    std::vector<Program> reduced;
    for (const char* program : programs) reduced.push_back(program_of(program));
    write_content(file_, text_of_all(reduced));
  }
  std::unique_ptr<KnownEnds> process() {
    return std::make_unique<KnownEnds>(file_, [this] { return now_; });
  }
  // How many of so many such programs are left out, each a while after the last.
  unsigned left_out(const char* program, unsigned times, nanoseconds apart = seconds(10)) {
    const Program one = program_of(program);
    unsigned out = 0;
    for (unsigned i = 0; i < times; ++i) {
      now_ += apart;
      out += ends_->leaves_out(one, [this] {
        ++tried_;
        now_ += takes_;
        return ends_it_;
      });
    }
    return out;
  }

  const TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_.path / "deadly";
  nanoseconds now_ = seconds(0), takes_ = milliseconds(1);
  std::unique_ptr<KnownEnds> ends_;
  ChildEnd ends_it_ = ChildEnd::died;
  unsigned tried_ = 0;
};

TEST_F(KnownEndsTest, WhatIsLikeNoneRunsAtOnce) {
  for (const char* program : {"map 0p 1p rw", "query 0p 1p\nmap 0p 1p rw", "start",
                              "container v1\nmap 0p 1p rw\nquery 0p 1p"})
    EXPECT_EQ(left_out(program, 5), 0u) << program;
  EXPECT_EQ(tried_, 0u);
}

TEST_F(KnownEndsTest, WhatIsLikeOneIsTriedWhateverItsArgumentsAre) {
  EXPECT_EQ(left_out("start\nmap 7p 2p r\nstart\nquery 8p 1p\nstop", 5), 5u);
  EXPECT_EQ(tried_, 5u);
  ends_it_ = ChildEnd::none;
  EXPECT_EQ(left_out(kLike, 5), 0u);
  EXPECT_EQ(tried_, 10u);
}

TEST_F(KnownEndsTest, WhatEndedEachTimeIsSeldomTried) {
  EXPECT_EQ(left_out(kLike, KnownEnds::kRunAnyway - 1), KnownEnds::kRunAnyway - 1);
  EXPECT_EQ(tried_, KnownEnds::kSure + KnownEnds::kRunAnyway / KnownEnds::kTriedOfSure - 2);
}

TEST_F(KnownEndsTest, OneOfManyRunsInTheProcessInCaseItIsAnother) {
  EXPECT_EQ(left_out(kLike, 3 * KnownEnds::kRunAnyway), 3 * (KnownEnds::kRunAnyway - 1));
}

// From the first that ended a process on: who comes next runs into no other.
TEST_F(KnownEndsTest, WhatHangsIsLeftOutThoughThereIsNoTimeToTry) {
  takes_ = milliseconds(100);
  constexpr unsigned kTimes = 100'000;
  EXPECT_EQ(left_out(kLike, kTimes, milliseconds(1)), kTimes);
  const nanoseconds most = now_ * KnownEnds::kTries / 100;
  EXPECT_GE((tried_ + 2) * takes_, most) << "some are, nevertheless";
  EXPECT_LE(tried_ * takes_, most + takes_) << "it is to cost little";
}

// As long as nobody has come back from that, it counts as the end of a process.
TEST_F(KnownEndsTest, ToRunItInTheProcessMayCostLittle) {
  const Program one = program_of(kLike);
  takes_ = milliseconds(100);
  nanoseconds lost{};
  for (unsigned i = 0; i < 200'000; ++i) {
    now_ += milliseconds(10);
    if (ends_->leaves_out(one, [this] { return now_ += takes_, ChildEnd::took_long; })) continue;
    lost += KnownEnds::kLongEnd;
    ends_ = process();  // the next
  }
  EXPECT_GT(lost, KnownEnds::kLongEnd) << "some do";
  EXPECT_LE(lost, now_ * KnownEnds::kRuns / 100);
}

// It has lived, and so costs nothing.
TEST_F(KnownEndsTest, WhatRanInTheProcessAndLivedIsNotPaidFor) {
  EXPECT_EQ(left_out(kLike, KnownEnds::kRunAnyway), KnownEnds::kRunAnyway - 1);
  EXPECT_EQ(left_out("start", 1), 0u);
  const std::string tally = content(tally_of(file_));
  EndsTally seen;
  std::memcpy(&seen, tally.data(), sizeof(seen));
  EXPECT_EQ(seen.ends[0].like, KnownEnds::kRunAnyway);
  EXPECT_EQ(seen.ends[0].ran_ns, 0u);
}

TEST_F(KnownEndsTest, AGuessThatIsNeverRightCostsNoMore) {
  ends_it_ = ChildEnd::none;
  EXPECT_EQ(left_out(kLike, 10'000), 0u);
  EXPECT_EQ(tried_, KnownEnds::kEnd / takes_);
}

// In doubt, what cannot be tried is left out: an end costs more than a program is worth.
TEST_F(KnownEndsTest, AGuessThatIsSometimesRightIsTriedMoreOften) {
  const Program one = program_of(kLike);
  unsigned ran = 0;
  for (unsigned i = 0; i < 100'000; ++i) {
    now_ += milliseconds(1);
    ran += !ends_->leaves_out(one, [&] {
      now_ += takes_;
      return ++tried_ % 10 == 0 ? ChildEnd::died : ChildEnd::none;
    });
  }
  EXPECT_GT(tried_ * takes_, now_ * KnownEnds::kTries / 100);
  EXPECT_LE(tried_ * takes_, now_ * KnownEnds::kTriesInDoubt / 100 + takes_);
  EXPECT_GE(ran, tried_ - tried_ / 10 - 1);
}

TEST_F(KnownEndsTest, TheNextProcessKnowsWhatTheLastHasLearnt) {
  left_out(kLike, KnownEnds::kSure);
  ends_ = process();
  EXPECT_EQ(left_out(kLike, 10), 10u);
  EXPECT_LE(tried_, KnownEnds::kSure + 1);
}

// While it fuzzes, another ends and is told of.
TEST_F(KnownEndsTest, WhatBecomesKnownLaterIsLeftOutFromThenOn) {
  EXPECT_EQ(left_out("start\nstop", KnownEnds::kLookEvery), 0u);
  know({kLike, "stop"});
  const auto long_ago = std::filesystem::file_time_type() + std::chrono::hours(1);
  std::filesystem::last_write_time(file_, long_ago);  // another time, however fast this is
  EXPECT_EQ(left_out("start\nstop", KnownEnds::kLookEvery), KnownEnds::kLookEvery);
  EXPECT_EQ(left_out(kLike, 5), 5u);
}

// Where a general guess is wrong, a special one may be right.
TEST_F(KnownEndsTest, TheLongestThatAProgramIsLikeDecides) {
  know({"map 0p 1p rw", kLike});
  ends_it_ = ChildEnd::none;
  EXPECT_EQ(left_out("map 0p 1p rw", 5'000), 0u);
  ends_it_ = ChildEnd::died;
  EXPECT_EQ(left_out(kLike, 5), 5u);
}

// One that took over from one that hung.
class Careful : public KnownEndsTest {
 protected:
  Careful() {
    ends_ = std::make_unique<KnownEnds>(
        file_, [this] { return now_; }, seconds(3));
    ends_it_ = ChildEnd::took_long;
  }
};

TEST_F(Careful, TriesWhatIsLikeNoneAsLongAsSomethingHangs) {
  EXPECT_EQ(left_out("start\nstop", 100, milliseconds(10)), 100u);
  EXPECT_EQ(tried_, 100u);
  ends_it_ = ChildEnd::none;
  EXPECT_EQ(left_out("start\nstop", 100, milliseconds(100)), 0u);
  EXPECT_EQ(tried_, 100u + 29u) << "for three seconds more";
  ends_it_ = ChildEnd::took_long;
  EXPECT_EQ(left_out("start\nstop", 1), 0u);
}

// It is the one that is kept as a finding.
TEST_F(Careful, WhatDiesAtOnceDoesSoInTheProcess) {
  ends_it_ = ChildEnd::died;
  EXPECT_EQ(left_out("start\nstop", 10, milliseconds(1)), 0u);
  EXPECT_EQ(tried_, 10u);
}

TEST_F(Careful, FewOfThoseThatHangAreWorthLookingInto) {
  unsigned worth_it = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    EXPECT_EQ(left_out("start\nstop", 1, milliseconds(10)), 1u);
    worth_it += ends_->found_another();
  }
  EXPECT_EQ(worth_it, 5u) << "at once, and after 0.5, 1, 2 and 4 s more";
  EXPECT_EQ(left_out(kLike, 1), 1u);
  EXPECT_FALSE(ends_->found_another()) << "it is like one that is known";
}

// And tried less and less, as long as that was right.
TEST_F(Careful, WhatHasTheSameInAnotherOrderIsLeftOut) {
  constexpr const char* kAlike = "query 0p 1p\nmap 0p 1p rw";
  EXPECT_EQ(left_out(kAlike, 100, milliseconds(1)), 100u);
  EXPECT_LT(tried_, 12u);
  ends_ = std::make_unique<KnownEnds>(
      file_, [this] { return now_; }, seconds(3));
  ends_it_ = ChildEnd::none;
  EXPECT_EQ(left_out(kAlike, 100, milliseconds(1)), 0u);
}

// As whoever runs a fuzz target by hand may do.
TEST_F(KnownEndsTest, WithoutATallyAProcessCountsAlone) {
  std::filesystem::remove(tally_of(file_));
  ends_ = process();
  EXPECT_EQ(left_out(kLike, 5), 5u);
  EXPECT_EQ(tried_, 5u);
  EXPECT_FALSE(std::filesystem::exists(tally_of(file_)));
}

TEST(AChild, MayEndInAnyWay) {
  constexpr unsigned kLong = 10'000;
  EXPECT_EQ(end_of_child([] {}, kLong, kLong), ChildEnd::none);
  EXPECT_EQ(end_of_child([] { std::abort(); }, kLong, kLong), ChildEnd::died);
  EXPECT_EQ(end_of_child([] { std::exit(0); }, kLong, kLong), ChildEnd::died);
  EXPECT_EQ(end_of_child([] { raise(SIGSEGV); }, kLong, kLong), ChildEnd::died);
  EXPECT_EQ(end_of_child([] { pause(); }, 10, kLong), ChildEnd::took_long);
  const auto loops = [] {
    volatile bool goes_on = true;
    while (goes_on) continue;
  };
  EXPECT_EQ(end_of_child(loops, kLong, 10), ChildEnd::took_long);
}

}  // namespace
}  // namespace tidemark
