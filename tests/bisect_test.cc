// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From a finding to the commit that brought it. What a revision's tracker does is in its impl/.
#include <gtest/gtest.h>

#include "command.h"
#include "repository.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

// A lie of the lying tracker; else what replay says, in its place, and nothing is run.
constexpr const char* kBuilder = R"sh(#!/bin/sh
cd "$(dirname "$0")"
verdict=$(git show "$1:impl/verdict") || exit 2
case $verdict in
  unbuildable) echo 'does not build' >&2; exit 1 ;;
  interrupts) touch interrupted; kill -INT 0; sleep 9 ;;
  lie:*) echo "TIDEMARK_LIE=${verdict#lie:} exec )sh" TIDEMARK_LYING_PROGRAM R"sh( \"\$@\"" ;;
  agrees) echo 'echo "$6: agrees"' ;;
  *) echo "echo \"\$6: $verdict\"; exit 1" ;;
esac >program.new
sed -i '1i #!/bin/sh' program.new
chmod +x program.new
name="$PWD/program $(git rev-parse "$1")"
mv program.new "$name"
echo "$name"
)sh";

class Bisect : public Repository {
 protected:
  Bisect() {
    write_content(path() / "build" / "lost.trace",
                  "container v2\nattach g0 emulated\nmap 0p 4p rw\nstart\nwrite 2p 1\n"
                  "query 0p 4p\n");
    const fs::path builder = path() / "build" / "tracker_at";
    write_content(builder, kBuilder);
    fs::permissions(builder, fs::perms::owner_all);
  }
  // A commit for each verdict.
  void history(const Words& verdicts) const {
    std::string lines = "set -e; mkdir -p impl\n";
    for (const std::string& verdict : verdicts) {
      const std::string number = std::to_string(number_++);
      lines += "echo '" + verdict + "' >impl/verdict; echo " + number + " >impl/number\n" +
               committing("impl: change " + number);
    }
    shell(lines);
  }
  Command bisect(const Words& more = {"build/lost.trace"}) const {
    Words words = {path() / "scripts" / "bisect.sh", path() / "build" / "tracker_at"};
    words.insert(words.end(), more.begin(), more.end());
    return command(words);
  }
  std::string hash_of(const std::string& revision) const {
    const std::string line = shell("git rev-parse " + revision);
    return line.substr(0, line.size() - 1);
  }
  void expect_named(const Ended& ended, const std::string& revision) const {
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    EXPECT_EQ(ended.out.find("commit   " + hash_of(revision) + "\nsubject  impl: change "), 0u)
        << ended.out << ended.err;
  }

 private:
  mutable int number_ = 0;
};

constexpr const char *kFine = "agrees", *kBad = "diverges: lockstep.query.missing-dirty",
                     *kOther = "crashes: died.abort", *kBroken = "unbuildable";

TEST_F(Bisect, NamesTheCommitAndWhatTheProgramDidBeforeAndAfter) {
  history({kFine, kFine, "lie:none", kBad, kBad, kBad, kBad, "lie:loses-a-page"});
  commit("docs: nothing that is built");
  const std::string before = traces();
  for (const Words& ends : {Words{}, {"--good=HEAD~6", "--bad", "HEAD~1"}}) {
    Words words = ends;
    words.push_back("build/lost.trace");
    const Ended ended = bisect(words).run();
    expect_named(ended, "HEAD~5");
    EXPECT_NE(ended.out.find("\nsubject  impl: change 3\ndate     2020-01-02 03:04:05 +0000\n"
                             "before   agrees\n"
                             "after    diverges: lockstep.query.missing-dirty\n"),
              std::string::npos)
        << ended.out;
    EXPECT_NE(ended.out.find("expected  words 0:0x4\nactual    words 0:0x0\n"), std::string::npos)
        << ended.out;
  }
  EXPECT_EQ(traces(), before);
}

TEST_F(Bisect, PassesOverWhatDoesNotBuildOrFailsOtherwise) {
  history({kFine, kBroken, kFine, kBad, kOther, kBroken, kBad, kBroken, kBad});
  const Ended ended = bisect().run();
  expect_named(ended, "HEAD~5");
  EXPECT_NE(ended.err.find("passed over: does not build"), std::string::npos) << ended.err;
}

TEST_F(Bisect, FindsWhereItDoesNotShowBetweenWhatCannotBeBuilt) {
  history({kBroken, kBroken, kBroken, kBroken, kFine, kBad, kBad, kBad});
  expect_named(bisect().run(), "HEAD~2");
}

TEST_F(Bisect, SaysOfWhichCommitsNothingCanBeSaid) {
  history({kFine, kFine, kBroken, kBroken, kBad, kBad});
  const Ended ended = bisect({"--good", "HEAD~5", "build/lost.trace"}).run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  for (int number = 0; number < 6; ++number)
    EXPECT_EQ(ended.out.find("impl: change " + std::to_string(number)) != std::string::npos,
              number >= 2 && number <= 4)
        << number << "\n"
        << ended.out;
}

TEST_F(Bisect, FollowsBranches) {
  history({kFine, kFine});
  shell("git switch --quiet --create side");
  history({kFine, kBad, kBad});
  shell("git switch --quiet main");
  write_content(path() / "impl" / "other", "of main");
  commit("impl: on main");
  shell("git -c user.name=N -c user.email=e merge --quiet -m merged side");
  expect_named(bisect().run(), "side~1");
}

TEST_F(Bisect, SaysWhatBothEndsHaveInCommon) {
  history({kBad, kBad, kOther, kFine});
  const auto says = [&](const Words& ends, int code, const std::string& what) {
    Words words = ends;
    words.push_back("build/lost.trace");
    const Ended ended = bisect(words).run();
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err.find(what), std::string::npos) << ended.err;
  };
  says({"--good", "HEAD~3", "--bad", "HEAD~2"}, 1, "it shows at both ends, 'HEAD~3' and 'HEAD~2'");
  says({"--bad", "HEAD~2"}, 1, "it shows back to ");
  says({"--good", "HEAD~3"}, 1, "it does not show at 'HEAD'\n");
  says({"--good", "HEAD", "--bad", "HEAD~2"}, 2, "'HEAD' is not before 'HEAD~2'");
  says({"--good", "HEAD~3", "--bad", "HEAD~1"}, 2, "at 'HEAD~3' it goes wrong otherwise");
  write_content(path() / "impl" / "verdict", kBad);
  says({}, 1, "and not committed is not looked at");
}

TEST_F(Bisect, WhatCannotBeIsExitCodeTwo) {
  history({"lie:none", "lie:loses-a-page"});
  write_content(path() / "build" / "bad.trace", "map map map");
  write_content(path() / "build" / "other" / "program.trace", "start\n");
  write_content(path() / "build" / "other" / "environment.json",
                "{\n  \"subject\": \"linux-6.1\",\n  \"commit\": \"1\"\n}\n");
  for (const auto& [words, what] : std::vector<std::pair<Words, std::string>>{
           {{"build/missing"}, "cannot read build/missing"},
           {{"build/bad.trace"}, "bad.trace':1:"},
           {{"build/other"}, "was not found in the tracker"},
           {{"build/lost.trace", "build/lost.trace"}, "one FINDING, and not 2"},
           {{"--good", "v9", "build/lost.trace"}, "no revision 'v9'"},
           {{"--bad", "--all", "build/lost.trace"}, "no revision '--all'"}}) {
    const Ended ended = bisect(words).run();
    EXPECT_EQ(ended.code, 2) << what << ended.out;
    EXPECT_NE(ended.err.find(what), std::string::npos) << ended.err;
  }
}

// Of a terminal, which goes to all that run there.
TEST_F(Bisect, AnInterruptLeavesNothing) {
  history({kFine, "interrupts", kBad, kBad});
  const std::string before = traces();
  const Ended ended =
      command({"/usr/bin/setsid", "--wait", path() / "scripts" / "bisect.sh",
               path() / "build" / "tracker_at", "--good", "HEAD~3", "build/lost.trace"})
          .run();
  EXPECT_NE(ended.code, 0);
  EXPECT_EQ(ended.out, "");
  EXPECT_TRUE(fs::exists(path() / "build" / "interrupted"));
  EXPECT_EQ(traces(), before);
}

}  // namespace
}  // namespace tidemark
