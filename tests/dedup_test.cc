// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a fuzzing process passes over.
#include "dedup.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "temporary_folder.h"

namespace tidemark {
namespace {

class Known : public testing::Test {
 protected:
  Known() { setenv(kReportedVariable, (folder_.path / "known").c_str(), 1); }
  ~Known() override { unsetenv(kReportedVariable); }
  // As whoever watches does it.
  void become(const std::string& lines) {
    write_content(folder_.path / "new", lines);
    std::filesystem::rename(folder_.path / "new", folder_.path / "known");
  }
  const TemporaryFolder folder_;
};

TEST_F(Known, IsWhatTheFileSaysNow) {
  EXPECT_FALSE(is_reported("a.b")) << "there is no file";
  become("a.b\nlockstep.query.extra-dirty.first\n");
  EXPECT_TRUE(is_reported("a.b"));
  EXPECT_FALSE(is_reported("a"));
  EXPECT_FALSE(is_reported("c.d"));
  become("c.d\n");
  EXPECT_TRUE(is_reported("c.d"));
  EXPECT_FALSE(is_reported("a.b"));
  std::filesystem::remove(folder_.path / "known");
  EXPECT_FALSE(is_reported("c.d"));
}

constexpr std::size_t kRunsToName = 300;  // that naming one takes

// How many of `programs` are named, all of which fail as `part` says?
std::size_t named_of(Lookalikes& lookalikes, const std::string& part, std::size_t programs) {
  const Signature seen_as = named(part);
  std::size_t count = 0;
  for (std::size_t i = 0; i < programs; ++i) {
    lookalikes.program_ran();
    if (!lookalikes.worth_naming(seen_as)) continue;
    lookalikes.named(seen_as, kRunsToName);
    ++count;
  }
  return count;
}

// Another bug that shows in a tenth of those that look alike comes up at once.
TEST(Lookalikes, TheFirstAreAllNamed) {
  Lookalikes lookalikes;
  EXPECT_EQ(named_of(lookalikes, "a", 50), 50u);
  EXPECT_EQ(named_of(lookalikes, "b", 50), 50u);
  EXPECT_LE(named_of(lookalikes, "a", 1000), 1u);
}

// A bug that shows all the time leaves most of it to other programs; and
// another bug that looks like it comes up in the end.
TEST(Lookalikes, AreNamedForAsLongAsItRuns) {
  Lookalikes lookalikes;
  named_of(lookalikes, "a", 120'000);
  for (int hour = 0; hour < 3; ++hour)
    EXPECT_EQ(named_of(lookalikes, "a", 120'000), 120'000 / 8 / kRunsToName);
}

TEST(Lookalikes, AFrequentBeginningDoesNotCrowdOutARareOne) {
  Lookalikes lookalikes;
  std::size_t rarely = 0;
  for (int i = 0; i < 60; ++i) {
    named_of(lookalikes, "often", 10'000);
    rarely += named_of(lookalikes, "rarely", 1);
  }
  EXPECT_EQ(rarely, 60u);
}

}  // namespace
}  // namespace tidemark
