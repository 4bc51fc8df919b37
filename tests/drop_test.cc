// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a fuzzing process hands over, and what it does about a program that fails.
#include "drop.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isolation.h"
#include "liar.h"
#include "program_text.h"
#include "reporter.h"
#include "support.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLostPage =
    "container v2\nattach g0 emulated\nmap 0p 4p rw\nstart\nwrite 2p 1\nquery 0p 4p\n";

Diagnosed diagnosed(std::string_view text) {
  Lockstep lockstep(lying<Lie::loses_a_page>, make_reference);
  const std::vector<std::uint8_t> input(text.begin(), text.end());
  return diagnose_finding(the_tracker(), lockstep, program_of(text), input).value();
}

TEST(Drop, HoldsAllThatIsFiled) {
  Diagnosed found = diagnosed(kLostPage);
  found.finding.subject = found.finding.picture.subject = "linux-6.1";
  found.finding.input = {0, '\n', 255, ' ', '7', '\n'};
  found.finding.picture.columns[1].pins = 12;
  found.finding.picture.columns[1].of_cause = true;
  found.finding.picture.pages_before = 7;
  found.finding.picture.pages_behind = 8;
  found.leads = {{named("odd\xff"), program_of("container v1\nstart\n")},
                 {returned(Verb::pin, 0, -EPERM), program_of("pin d0 0p 1p rw\n")}};
  const auto read = read_diagnosed(written(found));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->finding.subject, "linux-6.1");
  EXPECT_EQ(read->finding.name, "lockstep.query.missing-dirty");
  EXPECT_EQ(read->finding.input, found.finding.input);
  EXPECT_EQ(read->finding.program, found.finding.program);
  EXPECT_EQ(read->finding.report, found.finding.report);
  EXPECT_EQ(read->runs, found.runs);
  EXPECT_EQ(read->leads, found.leads);
  EXPECT_NE(picture_text(found.finding.picture, true), "");
  EXPECT_EQ(picture_text(read->finding.picture, true), picture_text(found.finding.picture, true));
  EXPECT_EQ(picture_svg(read->finding.picture, 64), picture_svg(found.finding.picture, 64));
}

// Of another version, or a machine that went down.
TEST(Drop, ThatIsNoneIsNotRead) {
  const std::string whole = written(diagnosed(kLostPage));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_diagnosed(whole.substr(0, size)).has_value()) << size << " bytes";
  for (const char* text : {"\n", "name", "name 1\nx\n", "name 99999999999999999999\nx\n",
                           "name -1\nx\n", "name 18446744073709551615\nx\n", "program 4\nmap?\n"})
    EXPECT_FALSE(read_diagnosed(text).has_value()) << text;
}

TEST(Drop, IsAFileThatIsThereWholeOrNotAtAll) {
  const TemporaryFolder folder;
  Diagnosed found = diagnosed(kLostPage);
  drop(found, folder.path);
  found.finding.name = "another";
  drop(found, folder.path);
  write_content(folder.path / ".unfinished-3", "name");
  const auto drops = drops_in(folder.path);
  ASSERT_EQ(drops.size(), 2u);
  EXPECT_EQ(read_drop(drops[0])->finding.name, "lockstep.query.missing-dirty");
  EXPECT_EQ(read_drop(drops[1])->finding.name, "another");
  EXPECT_TRUE(drops_in(folder.path / "none").empty());
}

class AReporter : public testing::Test {
 protected:
  AReporter() { setenv(kDropsVariable, folder_.path.c_str(), 1); }
  ~AReporter() override { unsetenv(kDropsVariable); }

  void fails(std::string_view text) {
    const Program program = program_of(text);
    reporter_.program_ran();
    const auto mismatch = lockstep_.run(program);
    ASSERT_TRUE(mismatch.has_value());
    reporter_.failed(program, *mismatch, {});
  }
  // What it ends with, if it does so.
  Ending fails_apart() {
    return run_apart([&] { fails(kLostPage); }, 60);
  }

  const TemporaryFolder folder_;
  const UnderTest tested_ = the_tracker();
  Lockstep lockstep_{lying<Lie::loses_a_page>, make_reference};
  Reporter reporter_{tested_, lockstep_};
};

TEST_F(AReporter, DropsANameOnceAndGoesOn) {
  const Ending ending = run_apart(
      [&] {
        for (int i = 0; i < 3; ++i) fails(kLostPage);
        fails(
            "container v2\nattach g0 emulated\nenroll d0\nmap 0p 2p rw\nstart\nwrite 1p 1\n"
            "pin d0 0p 1p rw\nwindow d0: query 0p 2p\nunmap 0p 2p\n");
      },
      60);
  EXPECT_TRUE(ending.fine) << ending.said;
  const auto drops = drops_in(folder_.path);
  ASSERT_EQ(drops.size(), 1u);
  EXPECT_EQ(read_drop(drops[0])->finding.name, "lockstep.query.missing-dirty");
  EXPECT_NE(ending.said.find("dropped: lockstep.query.missing-dirty\n"), std::string::npos);
}

// Services, which group by the last line.
TEST_F(AReporter, EndsTheProcessWhereNobodyWaits) {
  unsetenv(kDropsVariable);
  const Ending ending = fails_apart();
  EXPECT_FALSE(ending.fine);
  EXPECT_TRUE(ending.said.starts_with("seen as lockstep.query.missing-dirty\ncontainer v2\n"))
      << ending.said;
  EXPECT_NE(ending.said.find("\nAssertion failure: lockstep.query.missing-dirty\n"),
            std::string::npos);
  EXPECT_TRUE(drops_in(folder_.path).empty());
}

TEST_F(AReporter, PassesOverWhatIsKnown) {
  write_content(folder_.path / ".known", "lockstep.query.missing-dirty\n");
  setenv(kReportedVariable, (folder_.path / ".known").c_str(), 1);
  EXPECT_TRUE(fails_apart().fine);
  unsetenv(kReportedVariable);
  EXPECT_TRUE(drops_in(folder_.path).empty());
}

// As good as a full disk: files may not grow.
TEST_F(AReporter, SaysThatTheDiskIsFull) {
  const Ending ending = run_apart(
      [&] {
        signal(SIGXFSZ, SIG_IGN);
        const rlimit limit = {100, 100};
        setrlimit(RLIMIT_FSIZE, &limit);
        fails(kLostPage);
      },
      60);
  EXPECT_FALSE(ending.fine);
  EXPECT_NE(ending.said.find("tidemark: cannot write '" + folder_.path.string()), std::string::npos)
      << ending.said;
  EXPECT_TRUE(fs::is_empty(folder_.path)) << "what was not finished would be in the way";
}

}  // namespace
}  // namespace tidemark
