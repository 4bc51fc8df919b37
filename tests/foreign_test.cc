// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Trackers in libraries of their own: what can be loaded, what they are tried for, and that
// their mistakes are found.
#include "foreign.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "command.h"
#include "diagnosis.h"
#include "foreign_corpus.h"
#include "parsed.h"
#include "program_bytes.h"
#include "subject_features.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

std::string example(const std::string& name) {
  return std::string(TIDEMARK_EXAMPLES) + "/" + name + ".so";
}

std::string unusable(const std::string& name) {
  return std::string(TIDEMARK_UNUSABLE) + "/" + name + ".so";
}

TEST(Foreign, TheExampleIsRight) {
  const UnderTest tested = loaded(example("example"));
  expect_right(tested);
  const auto needs_no_more = [&](const Program& program) {
    return (needed_by(program) - tested.features).empty();
  };
  EXPECT_GT(std::ranges::count_if(corpus(), needs_no_more), 30);
}

// Through the interface, with nearly all of it.
TEST(Foreign, TheTrackerInALibraryIsRightAsWell) {
  const UnderTest tested = loaded(example("whole_tracker"));
  EXPECT_EQ(names(Features::all() - tested.features), "allocation faults");
  expect_right(tested);
}

// The names of all that the corpus shows of a mistake.
std::set<std::string> names_of_mistake(unsigned number) {
  const UnderTest tested = loaded(example("mistake-" + std::to_string(number)));
  const auto lockstep = tested.lockstep();
  std::map<std::string, Program> shows;  // one program for each way to differ
  for (const Program& program : corpus_for(tested)) {
    const Program runs = {program.setup, program.operations, {}};
    if (const auto found = lockstep->run(runs)) shows.emplace(print(found->signature), runs);
  }
  std::set<std::string> names;
  for (const auto& [signature, program] : shows)
    names.insert(tested.finding_name(diagnose(*lockstep, program).value().name));
  return names;
}

TEST(Foreign, EachMistakeOfTheExampleHasANameOfItsOwn) {
  using Names = std::set<std::string>;
  EXPECT_EQ(names_of_mistake(1), Names{"mistake-1.lockstep.after-write.missing-dirty.odd-bytes"});
  EXPECT_EQ(names_of_mistake(2), Names{"mistake-2.lockstep.after-start.extra-dirty.stop"});
  EXPECT_EQ(names_of_mistake(3), Names{"mistake-3.lockstep.after-query.missing-dirty.write"});
  EXPECT_EQ(names_of_mistake(4), Names{"mistake-4.lockstep.map.result.EINVAL-instead-of-EEXIST"});
  EXPECT_EQ(names_of_mistake(5), Names{"mistake-5.lockstep.unmap.missing-dirty.write"});
}

TEST(Foreign, WhatCannotBeUsedSaysWhy) {
  const TemporaryFolder folder;
  const std::string text = folder.path / "text.so", named = folder.path / "a name.so";
  write_content(text, "no library\n");
  fs::copy_file(example("example"), named);
  const std::map<std::string, std::string> reasons = {
      {folder.path / "missing.so", "No such file or directory"},
      {text, "cannot be loaded: "},
      {named, "has a name that findings cannot have"},
      {unusable("ends_the_process"), "ends the process that loads it: 'not here'"},
      {unusable("wrong_abi"), "has the interface of number 2, and not 1"},
      {unusable("too_long"), "bytes, and none of at most "},
      {unusable("unknown_feature"), "has features that are not known here: 0x80000000"},
      {unusable("without_function"), "is without the function release()"},
      {unusable("without_optional_function"), "says that it has rw, without the function rw()"},
      {unusable("without_needed_feature"),
       "says that it has allocation faults, and not state, which that needs"},
  };
  for (const auto& [path, reason] : reasons) {
    write_content(folder.path / "program", "container v2\nstart\n");
    const Ended ended =
        tidemark_command({"replay", "--subject", path, "program"}).in(folder.path).run();
    EXPECT_EQ(ended.code, 2) << path;
    EXPECT_TRUE(ended.err.starts_with("tidemark: '" + path + "'")) << ended.err;
    EXPECT_NE(ended.err.find(reason), std::string::npos) << ended.err;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_EQ(ended.out, "");
  }
}

// As a user sees it.
class ForeignCli : public testing::Test {
 protected:
  Ended replay(const std::string& library, const std::string& program,
               std::vector<std::string> more = {}) const {
    write_content(folder_.path / "program", program);
    more.insert(more.begin(), {"replay", "--subject", library});
    more.push_back("program");
    return tidemark_command(more).in(folder_.path).run();
  }
  const TemporaryFolder folder_;
};

TEST_F(ForeignCli, SaysOnceWhatIsNotTried) {
  const Ended ended =
      replay(example("example"), "container v2\nmap 0p 1p rw\nstart\nquery 0p 1p\n", {"program"});
  EXPECT_EQ(ended.code, 0) << ended.out;
  EXPECT_EQ(ended.err,
            "tidemark: example has not, and so is not tried for: hardware groups, pins, devices, "
            "GET_INFO, several processes, locked limits, allocation faults, range rules, "
            "version 1, leftovers\n");
}

TEST_F(ForeignCli, NeverAgreesOnWhatItCannotRun) {
  const std::map<std::string, std::string> programs = {
      {"attach g0 hardware=0", "hardware groups"},
      {"pin d0 0p 1p rw", "pins"},
      {"enroll d0", "devices"},
      {"info", "GET_INFO"},
      {"map 0p 1p rw by=p1", "several processes"},
      {"memlock 1", "locked limits"},
      {"map 0p 1p rw fail-alloc=0", "allocation faults"},
  };
  for (const auto& [line, feature] : programs) {
    const Ended ended = replay(example("example"), "container v2\n" + line + "\n");
    EXPECT_EQ(ended.code, 2) << line;
    EXPECT_EQ(ended.out, "") << line;
    EXPECT_NE(ended.err.find("tidemark: 'program' needs what example has not: " + feature + "\n"),
              std::string::npos)
        << line << "\n"
        << ended.err;
  }
  for (const auto& [line, feature] : std::map<std::string, std::string>{
           {"container v1", "version 1"}, {"container v2 rule=any", "range rules"}}) {
    const Ended ended = replay(example("example"), line + "\n");
    EXPECT_EQ(ended.code, 2) << line << ended.err;
    EXPECT_NE(ended.err.find("has not: " + feature + "\n"), std::string::npos) << ended.err;
  }
}

TEST_F(ForeignCli, ACrashIsNamedForTheFunctionInTheLibrary) {
  const Ended ended = replay(unusable("crashes"), "container v2\nmap 0p 1p rw\n");
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.out.find("program: crashes: "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find(".fall_over"), std::string::npos) << ended.out << ended.err;
}

TEST_F(ForeignCli, WithoutStateThereIsNoneToShow) {
  const Ended ended = replay(unusable("leaves_something"), "container v2\n", {"--state"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("leaves_something cannot show its state: no --state\n"),
            std::string::npos);
}

TEST_F(ForeignCli, WhatIsLeftIsAFinding) {
  const Ended ended = replay(unusable("leaves_something"), "container v2\n");
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_NE(ended.out.find("old newspapers left: 3"), std::string::npos) << ended.out;
}

TEST_F(ForeignCli, WhatIsFoundSaysInWhichLibrary) {
  const Ended ended = replay(example("mistake-4"),
                             "container v2\nattach g0 emulated\nmap 0p 1p rw\nmap 0p 1p rw\n");
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.out.find("program: diverges: mistake-4.lockstep."), std::string::npos);
}

#ifdef TIDEMARK_LYING_FUZZER
// The fuzzing processes load it, in a folder of their own, and so does who replays a finding.
TEST_F(ForeignCli, AFuzzerFindsAMistakeAndItsFolderSaysWhere) {
  fs::copy_file(example("mistake-4"), folder_.path / "mine.so");
  const Ended fuzzed = tidemark_command({"fuzz", "--target", TIDEMARK_LYING_FUZZER, "--seeds",
                                         TIDEMARK_SEED_CORPUS, "--jobs", "1", "--work", "work",
                                         "--seconds", "1", "--subject", "./mine.so"})
                           .in(folder_.path)
                           .run();
  EXPECT_EQ(fuzzed.code, 1) << fuzzed.out << fuzzed.err;
  const std::string name = "mine.lockstep.map.result.EINVAL-instead-of-EEXIST";
  EXPECT_NE(fuzzed.out.find("found: " + name + "\n"), std::string::npos) << fuzzed.out;
  EXPECT_EQ(fuzzed.out.find("known to differ"), std::string::npos) << fuzzed.out;
  const Ended replayed =
      tidemark_command({"replay", (folder_.path / "findings" / name).string()}).in("/").run();
  EXPECT_EQ(replayed.code, 1) << replayed.out << replayed.err;
  EXPECT_NE(replayed.out.find("diverges: " + name), std::string::npos) << replayed.out;
}
#endif

// What no program is to be: without what the subject has not, it needs none of it.
TEST(Foreign, AFittedProgramNeedsNothingElse) {
  std::mt19937 random(7);
  std::vector<Program> programs = corpus();
  for (int i = 0; i < 500; ++i) {
    std::vector<std::uint8_t> bytes(kRecordBytes * 17);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    programs.push_back(decode(bytes));
  }
  std::set<std::string> changed;
  for (const Program& program : programs) {
    const Features has(static_cast<std::uint32_t>(random()));
    const Program fit = fitted(program, has);
    EXPECT_EQ((needed_by(fit) - has).bits(), 0u) << names(needed_by(fit) - has);
    EXPECT_EQ(fitted(fit, has), fit);
    EXPECT_EQ(fitted(program, Features::all()), program);
    EXPECT_EQ(parsed(print(fit)), fit) << print(fit);
    for (unsigned i = 0; i < kFeatures; ++i)
      if (needed_by(program).has(static_cast<Feature>(i)))
        changed.insert(std::string(name(static_cast<Feature>(i))));
  }
  EXPECT_EQ(changed.size(), kFeatures - 1) << "leftovers need no program";
}

}  // namespace
}  // namespace tidemark
