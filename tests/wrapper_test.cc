// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The script ./tidemark on a clean checkout: what it answers before anything is built.
#include <gtest/gtest.h>

#include <algorithm>

#include "command.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

// A copy of what the script needs to answer; anything else would have to be built.
class Wrapper : public testing::Test {
 protected:
  Wrapper() {
    const fs::path checkout = TIDEMARK_CHECKOUT;
    fs::create_directories(path() / "docs");
    fs::copy(checkout / "tidemark", path() / "tidemark");
    fs::copy(checkout / "scripts", path() / "scripts");
    fs::copy(checkout / "docs" / "help", path() / "docs" / "help");
    fs::create_directories(path() / "corpus" / "bugs");
    write_content(path() / "there.trace", "attach g0 emulated\n");
  }
  const fs::path& path() const { return folder_.path; }
  Command command(const Words& words) const {
    Words all = {path() / "tidemark"};
    all.insert(all.end(), words.begin(), words.end());
    return Command(all).in(path());
  }
  Ended run(const Words& words) const { return command(words).run(); }
  // In the checkout, to be run.
  void script(const fs::path& name, const std::string& lines) const {
    const fs::path file = path() / name;
    fs::create_directories(file.parent_path());
    write_content(file, "#!/bin/sh\n" + lines);
    fs::permissions(file, fs::perms::owner_all);
  }
  void expect_nothing_built() const { EXPECT_FALSE(fs::exists(path() / "build")); }

  const TemporaryFolder folder_;
};

TEST_F(Wrapper, HelpNeedsNoBuild) {
  int commands = 0;
  for (const auto& entry : fs::directory_iterator(path() / "docs" / "help")) {
    std::string command = entry.path().stem();
    Words words = {command};
    // `export c` has export-c.txt beside export.txt; oss-fuzz is one word.
    const auto dash = command.find('-');
    if (fs::exists(entry.path().parent_path() / (command.substr(0, dash) + ".txt")) &&
        dash != std::string::npos)
      words = {command.substr(0, dash), command.substr(dash + 1)};
    words.push_back("--help");
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 0) << command << ended.err;
    EXPECT_NE(ended.out.find("Usage: ./tidemark " + words[0]), std::string::npos) << command;
    EXPECT_EQ(ended.err, "");
    ++commands;
  }
  EXPECT_GE(commands, 15);
  EXPECT_EQ(run({"help"}).out, run({"--help"}).out);
  EXPECT_EQ(run({"help", "fuzz"}).out, run({"fuzz", "--help"}).out);
  expect_nothing_built();
}

// Each with the words that say what is wrong.
TEST_F(Wrapper, WhatCannotBeIsSaidBeforeTheBuild) {
  const std::vector<std::pair<Words, std::string>> wrong = {
      {{"fuz"}, "no command 'fuz', did you mean fuzz?"},
      {{"repaly", "there.trace"}, "did you mean replay?"},
      {{"frobnicate"}, "no command 'frobnicate' ("},
      {{"help", "frobnicate"}, "no command 'frobnicate' ("},
      {{"fuzz", "--sed", "3"}, "no option --sed, did you mean --seeds?"},
      {{"fuzz", "--seconds"}, "--seconds wants a value"},
      {{"fuzz", "--subject", "linux-6.2"},
       "no subject 'linux-6.2', did you mean linux-6.1?, only linux:DIR, ./LIBRARY.so, and: "
       "linux-6.1 linux-6.12 tracker tracker-kernel all"},
      {{"replay", "--subject=all", "there.trace"}, "no subject 'all', only"},
      {{"replay", "--subject", "tracker,trucker", "there.trace"}, "did you mean tracker?"},
      {{"fuzz", "--subject", "linux:away/linux"}, "there is no away/linux"},
      {{"minimise", "--subject", "./mine.so", "there.trace"}, "there is no ./mine.so"},
      {{"fuzz", "--seconds", "soon"}, "--seconds wants a number, and not 'soon'"},
      {{"fuzz", "--seconds=-1"}, "--seconds wants a number, and not '-1'"},
      {{"fuzz", "--seconds", "0"}, "from 1 to 100000000, and not 0"},
      {{"fuzz", "--engine", "honggfuzz"}, "one of libfuzzer afl, and not 'honggfuzz'"},
      {{"fuzz", "--engine=afl", "--subject=linux-6.1"}, "for the tracker, and not for linux-6.1"},
      {{"fuzz", "--jobs=99999999999999999999"}, "from 1 to 256"},
      {{"replay"}, "replay wants FILE..."},
      {{"replay", "--subject", "tracker"}, "replay wants FILE..."},
      {{"replay", "there.trace", "missing.trace"}, "there is no missing.trace"},
      {{"replay", "--", "--missing"}, "there is no --missing"},
      {{"keep", "there.trace"}, "keep wants FINDING NAME"},
      {{"keep", "missing", "a-name"}, "there is no missing"},
      {{"export", "rust", "there.trace"}, "c or gtest"},
      {{"export", "c"}, "export c wants FILE"},
      {{"minimise", "there.trace", "--subjct", "x"}, "did you mean --subject?"},
      {{"merge"}, "merge wants DIR..."},
      {{"record"}, "record wants COMMAND..."},
      {{"record", "--outptu", "x", "ls"}, "did you mean --output?"},
      {{"linux", "-q"}, "no option -q ("},
      {{"oss-fuzz"}, "oss-fuzz wants to know what to do: check"},
      {{"oss-fuzz", "check", "--sanitiser", "memory"}, "did you mean --sanitizer?"},
      {{"oss-fuzz", "check", "--sanitizer", "thread"},
       "address undefined memory, and not 'thread'"},
      {{"oss-fuzz", "check", "--sanitizer", "memory"}, "scripts/msan_libcxx.sh DIR makes one"},
      {{"oss-fuzz", "check", "--engine=afl", "--stdlib=libc++"}, "clang 14"},
      {{"oss-fuzz", "check", "--engine", "afl", "--sanitizer", "memory"}, "afl with address"},
      {{"oss-fuzz", "check", "--out", "missing"}, "there is no folder missing"},
      {{"oss-fuzz", "check", "there.trace"}, "takes no 'there.trace'"},
      {{"bugs", "there.trace"}, "bugs takes no 'there.trace'"},
      {{"bench", "--fast"}, "bench has no --fast"},
      {{"bench", "vm", "--fast"}, "bench vm has no option --fast"},
      {{"vm", "--grops", "pci"}, "did you mean --groups?"},
      {{"bugs", "--only", "no-such-bug"}, "no bug in corpus/bugs has 'no-such-bug'"},
  };
  for (const auto& [words, reason] : wrong) {
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 2) << reason;
    EXPECT_EQ(ended.out, "") << reason;
    EXPECT_NE(ended.err.find(reason), std::string::npos) << ended.err;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
  expect_nothing_built();
}

TEST_F(Wrapper, HelpThatCannotBeWrittenIsExitCodeTwo) {
  for (const Words& words : {Words{"--help"}, Words{"help", "merge"}, Words{"fuzz", "--help"}}) {
    const Ended ended = command(words).output_to("/dev/full").run();
    EXPECT_EQ(ended.code, 2) << words[0];
    EXPECT_NE(ended.err.find("No space left on device"), std::string::npos) << ended.err;
  }
}

TEST_F(Wrapper, AFolderThatCannotBeWrittenIsSaid) {
  write_content(path() / "build", "in the way");
  const Ended ended = run({"replay", "there.trace"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("could not write to"), std::string::npos) << ended.err;
}

// With programs in the place of those that install, build and fuzz.
TEST_F(Wrapper, WhatIsToOutliveTheBuildIsElsewhereIfToldSo) {
  script("bin/cmake", "exit 0");
  script("bin/dpkg-query", "echo installed");
  script("build/fuzz/tidemark", "echo \"$@\"");
  write_content(path() / "build" / "fuzz" / "build.ninja", "");
  write_content(path() / "mine.so", "");
  const std::string data = path() / "data", search = path() / "bin:/usr/bin:/bin";
  const auto arguments = [&](const Words& words) {
    const Ended ended = command(words).with("PATH", search).with("TIDEMARK_DATA", data).run();
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  };
  const std::string findings = " --findings " + data + "/findings";
  EXPECT_NE(arguments({"findings"}).find(findings), std::string::npos);
  for (const auto& [subject, folder] : std::vector<std::pair<std::string, std::string>>{
           {"tracker", "/fuzzing-tracker "},
           {"tracker-kernel", "/fuzzing-tracker-kernel "},
           {"./mine.so", "/fuzzing-mine "}}) {
    const std::string given = arguments({"fuzz", "--subject", subject});
    EXPECT_NE(given.find(" --work " + data + folder), std::string::npos) << given;
    EXPECT_NE(given.find(findings), std::string::npos) << given;
  }
  EXPECT_EQ(command({"fuzz"}).with("PATH", search).run().out.find("--work"), std::string::npos);
  fs::create_directories(path() / "data" / "findings" / "a-finding");
  const Ended ended = command({"replay", "a-finding"}).with("TIDEMARK_DATA", data).run();
  EXPECT_NE(ended.err.find("did you mean data/findings/a-finding?"), std::string::npos)
      << ended.err;
}

// What is behind the name of the command is for that to know.
TEST_F(Wrapper, OptionsOfWhatIsRecordedAreItsOwn) {
  script("bin/cmake", "exit 0");
  script("bin/dpkg-query", "echo installed");
  script("build/fuzz/tidemark", "echo \"$@\"");
  write_content(path() / "build" / "fuzz" / "build.ninja", "");
  const Ended ended = command({"record", "-o", "made.trace", "ls", "--help", "--frobnicate"})
                          .with("PATH", path() / "bin:/usr/bin:/bin")
                          .run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "record --recorder " +
                           (path() / "build/fuzz/tidemark_recorder.so").string() +
                           " -o made.trace ls --help --frobnicate\n");
}

// What takes minutes says how far it is, where there is no terminal as well.
TEST_F(Wrapper, BuildingIsShownNowAndThen) {
  script("bin/cmake",
         "for i in 1 2 3 4 5 6; do echo \"[$i/6] Building CXX object x$i.o\"; sleep 0.5; done\n");
  script("bin/dpkg-query", "echo installed\n");
  script("bin/ninja", "echo one; echo two; echo three\n");
  script("build/fuzz/tidemark", "echo \"$@\"\n");
  write_content(path() / "build" / "fuzz" / "build.ninja", "");
  const auto said = [&](const std::string& seconds) {
    return command({"keep", "there.trace", "a-name"})
        .with("PATH", path() / "bin:/usr/bin:/bin")
        .with("TIDEMARK_PROGRESS_SECONDS", seconds)
        .run();
  };
  const Ended often = said("1");
  EXPECT_EQ(often.code, 0) << often.err;
  EXPECT_TRUE(often.err.starts_with("tidemark: building fuzz, 6 steps\n")) << often.err;
  EXPECT_NE(often.err.find("tidemark: building fuzz, "),
            often.err.rfind("tidemark: building fuzz, "));
  EXPECT_NE(often.err.find(" of 6\n"), std::string::npos) << often.err;
  EXPECT_NE(often.out.find(" --steps 3 "), std::string::npos) << often.out;
  EXPECT_EQ(said("30").err, "tidemark: building fuzz, 6 steps\n");
}

// The first time, and when a file that says how to build has changed.
TEST_F(Wrapper, ConfiguringIsSaid) {
  script("bin/cmake", "[ $1 = --preset ] || echo '[0/1] Re-running CMake...'\n");
  script("bin/dpkg-query", "echo installed\n");
  script("build/fuzz/tidemark", "exit 0\n");
  const Command replay =
      command({"replay", "there.trace"}).with("PATH", path() / "bin:/usr/bin:/bin");
  const std::string once = "tidemark: configuring fuzz\n";
  EXPECT_EQ(replay.run().err, once + once);
  write_content(path() / "build" / "fuzz" / "build.ninja", "");
  EXPECT_EQ(replay.run().err, once);
  script("bin/cmake", "");
  EXPECT_EQ(replay.run().err, "");
}

TEST_F(Wrapper, ATemporaryFolderThatIsNoneIsSaid) {
  const Ended ended = command({"replay", "there.trace"}).with("TMPDIR", "/no/such/folder").run();
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("TMPDIR has to be a folder"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace tidemark
