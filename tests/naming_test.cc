// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a run says of what it names once nobody fuzzes any more; and what it finds before it does.
#include "naming.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "corpus_files.h"
#include "diagnose_input.h"
#include "factories.h"
#include "liar.h"
#include "parsed.h"
#include "program_bytes.h"
#include "program_text.h"
#include "shared_memory.h"
#include "start_inputs.h"
#include "temporary_folder.h"
#include "text.h"

namespace tidemark::session {
namespace {

class Naming : public testing::Test {
 protected:
  static UnderTest lying_subject() {
    UnderTest tested = the_tracker();
    tested.make = [](std::string_view) {
      return std::make_unique<Lockstep>(lying<Lie::loses_a_page>, make_reference);
    };
    return tested;
  }
  // A fuzzing process has ended on it.
  void add(const std::string& name, const std::string& program, bool starved = false) {
    const auto bytes = encode(fuzzable(parsed(program))).value();
    write_content(folder_.path / name, characters(bytes));
    found_.add(folder_.path / name, {.said = "what it said\n", .starved = starved});
  }
  std::string said() {
    name_what_waits(found_, 100, "to go", out_);
    std::fseek(out_, 0, SEEK_SET);
    std::string text(10000, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), out_));
    return text;
  }
  ~Naming() override { std::fclose(out_); }

  const TemporaryFolder folder_;
  Found found_{lying_subject(),
               folder_.path / "findings",
               folder_.path / "reported",
               folder_.path / "deadly",
               5,
               false,
               std::nullopt};
  std::FILE* const out_ = std::tmpfile();
};

TEST_F(Naming, SaysWhatIsTheSameAsWhatIsFound) {
  add("crash-1", "map 0p 1p rw\nstart\nwrite 0p 1\nquery 0p 1p\n");
  add("crash-2", "map 0p 4p rw\nstart\nwrite 2p 1\nquery 0p 4p\n");
  const std::string text = said();
  // With what failed otherwise while the first was made small.
  EXPECT_NE(text.find("of what was to be named, "), std::string::npos) << text;
  EXPECT_NE(text.find(" the same as lockstep.query.missing-dirty\n"), std::string::npos) << text;
  EXPECT_GE(found_.times().at("lockstep.query.missing-dirty"), 2u);
}

// Whoever has read of the longer one looks for it in vain.
TEST_F(Naming, SaysWhereAShorterProgramTookThePlaceOfAnother) {
  Finding longer;
  longer.name = "lockstep.query.missing-dirty";
  longer.program =
      parsed("map 0p 1p rw\nstart\nwrite 0p 1\nstop\nstart\nwrite 0p 1\nquery 0p 1p\n");
  FindingStore(folder_.path / "findings").file(longer);
  add("crash-1", "map 0p 1p rw\nstart\nwrite 0p 1\nquery 0p 1p\n");
  testing::internal::CaptureStdout();
  said();
  const std::string out = testing::internal::GetCapturedStdout();
  EXPECT_NE(
      out.find("\nshorter: " + longer.name + ": 4 operations, where it had 7\n\ncontainer v2\n"),
      std::string::npos)
      << out;
}

TEST_F(Naming, WhatSomebodyHasTakenAwayIsAnnouncedOnceMore) {
  const auto announced = [this](const std::string& name) {
    testing::internal::CaptureStdout();
    add(name, "map 0p 1p rw\nstart\nwrite 0p 1\nquery 0p 1p\n");
    said();
    const std::string text = testing::internal::GetCapturedStdout();
    return text.find("\nfound: lockstep.query.missing-dirty\n") != std::string::npos;
  };
  EXPECT_TRUE(announced("crash-1"));
  EXPECT_FALSE(announced("crash-2"));
  std::filesystem::remove_all(folder_.path / "findings");
  EXPECT_TRUE(announced("crash-3"));
  EXPECT_FALSE(announced("crash-4"));
}

// While something hangs, processes are careful, and slow.
TEST_F(Naming, WhatWasOnlySlowIsNoHangOnceThatIsKnown) {
  add("timeout-1", "map 0p 1p rw\n", true);
  EXPECT_TRUE(found_.has_hang());
  said();
  EXPECT_FALSE(found_.has_hang());
  EXPECT_TRUE(found_.times().empty());
}

TEST_F(Naming, SaysNothingWhereNothingWaits) { EXPECT_EQ(said(), ""); }

std::unique_ptr<Subject> dying_in_v1(const Setup& setup, World& world) {
  if (setup.type == ContainerType::v1) std::abort();
  return make_tracker(setup, world);
}

constexpr const char* kDied = "died.abort.v1";

// Of one that could be plainer: it has an option that it does not need.
Diagnosed named_beside(const NamedPrograms& named) {
  UnderTest tested = the_tracker();
  tested.make = [](std::string_view) {
    return std::make_unique<Lockstep>(dying_in_v1, make_reference);
  };
  const Program program = parsed("container v1 entries=7\nmap 0p 1p rw\nstart\n");
  return diagnose_as(tested, judge_apart(tested, program), program, {}, 5, named).value();
}

TEST(NamingOfCrashes, WhatIsEvidentlyOneThatIsNamedIsNotReducedFurther) {
  const Diagnosed found = named_beside({{kDied, parsed("container v1\n")}});
  EXPECT_EQ(found.finding.name, kDied);
  EXPECT_EQ(print(*found.finding.program), "container v1 entries=7\n");
  EXPECT_FALSE(found.finding.report.empty());
}

TEST(NamingOfCrashes, AnotherNameOrOtherOperationsAreNotEnoughForThat) {
  const NamedPrograms others[] = {{{"died.abort", parsed("container v1\n")}},
                                  {{kDied, parsed("container v1\nmap 0p 1p rw\n")}},
                                  {{kDied, parsed("container v2\n")}}};
  for (const NamedPrograms& named : others) {
    const Diagnosed found = named_beside(named);
    EXPECT_EQ(found.finding.name, kDied);
    EXPECT_EQ(print(*found.finding.program), "container v1\n");
  }
}

std::unique_ptr<Subject> hanging_in_v1(const Setup& setup, World& world) {
  while (setup.type == ContainerType::v1) pause();
  return make_tracker(setup, world);
}

// A loop, in what is not the plainest program that gets there.
std::unique_ptr<Subject> looping_in_unmap(const Setup& setup, World& world) {
  return make_liar(Lie::none, make_tracker(setup, world), world, [] {
    for (volatile bool goes_on = true; goes_on;) continue;
  });
}

TEST(NamingOfCrashes, WhatHangsIsBroughtIntoThePlainestForm) {
  UnderTest tested = the_tracker();
  tested.make = [](std::string_view) {
    return std::make_unique<Lockstep>(looping_in_unmap, make_reference);
  };
  const Program program = parsed(
      "container v2 entries=77 store=sparse\nattach g0 emulated\nenroll d0\nmap 513p 70p rw\n"
      "start\npin d0 520p 3p rw\nwrite 515p 77\nquery 513p 70p\nunmap 0x201000 70p bitmap\nstop\n");
  std::size_t told = 0;
  const auto watch = [&told](std::size_t, std::size_t runs) { told = runs; };
  std::vector<std::string> in_short;
  const auto tell = [&in_short](const Diagnosed& diagnosed) {
    in_short.push_back(diagnosed.finding.name + "\n" + print(*diagnosed.finding.program));
    EXPECT_NE(diagnosed.finding.report.find("did not end within 1 s"), std::string::npos);
  };
  const auto found =
      diagnose_as(tested, judge_apart(tested, program, 1), program, {}, 1, {}, watch, tell).value();
  EXPECT_EQ(in_short, std::vector<std::string>{"hang\ncontainer v2\nunmap 0p 0p\n"});
  EXPECT_EQ(found.finding.name, "hang");
  EXPECT_EQ(print(*found.finding.program), "container v2\nunmap 0p 0p\n");
  EXPECT_EQ(told, found.runs);
}

TEST(InputsToStartFrom, WhichOfThemIsRunIsTold) {
  UnderTest tested = the_tracker();
  tested.make = [](std::string_view) {
    return std::make_unique<Lockstep>(hanging_in_v1, make_reference);
  };
  const TemporaryFolder folder;
  std::vector<std::filesystem::path> inputs;
  for (const char* program : {"container v2\n", "container v2\nstart\n", "container v1\n"}) {
    inputs.push_back(folder.path / std::to_string(inputs.size()));
    write_content(inputs.back(), characters(encode(fuzzable(parsed(program))).value()));
  }
  std::size_t at = 0;
  MetResults met = {};
  const auto deadly = deadly_inputs(tested, inputs, 1, met, [&at](std::size_t now) { at = now; });
  EXPECT_EQ(deadly.size(), 1u);
  EXPECT_EQ(at, 2u);
  EXPECT_EQ(result_names(met), std::vector<std::string>{"start 0"});
}

// The first time that it runs, as on a machine that is busy.
Shared<std::atomic<bool>> has_hung;
std::unique_ptr<Subject> hanging_once(const Setup& setup, World& world) {
  if (!has_hung->exchange(true))
    for (volatile bool goes_on = true; goes_on;) continue;
  return make_tracker(setup, world);
}

TEST(InputsToStartFrom, WhatTakesLongAndEndsIsToldAndNoHang) {
  UnderTest tested = the_tracker();
  tested.make = [](std::string_view) {
    return std::make_unique<Lockstep>(hanging_once, make_reference);
  };
  const TemporaryFolder folder;
  const std::filesystem::path input = folder.path / "slow", next = folder.path / "next";
  for (const auto& path : {input, next})
    write_content(path, characters(encode(fuzzable(parsed("container v2\n"))).value()));
  MetResults met = {};
  // With less, a busy machine's clock would be faster than the processor's.
  const auto found = deadly_inputs(tested, {input, next}, 20, met);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].path, input);
  EXPECT_FALSE(found[0].signature);
}

// By its name, which is the SHA-1 of "an input".
TEST(LastInput, WhatDidNotReachTheDiskIsWrittenAnewOrGoes) {
  const TemporaryFolder folder;
  const std::string whole = "an input";
  const std::vector<std::uint8_t> ran(whole.begin(), whole.end()), other = {1, 2};
  const auto file = folder.path / "crash-32573332b0274cfb5baf7e3c8cbe53877472cf62";
  write_content(file, whole);
  EXPECT_TRUE(keep_last_input(file, other)) << "it is whole";
  for (const char* torn : {"", "an in"}) {
    write_content(file, torn);
    EXPECT_TRUE(keep_last_input(file, ran));
    EXPECT_EQ(content(file), whole);
    write_content(file, torn);
    EXPECT_FALSE(keep_last_input(file, other));
    EXPECT_FALSE(std::filesystem::exists(file));
  }
  EXPECT_TRUE(keep_last_input(file, ran)) << "it was not there at all";
  EXPECT_EQ(content(file), whole);
  write_content(folder.path / "start-3", "of any name");
  EXPECT_TRUE(keep_last_input(folder.path / "start-3", {}));
}

}  // namespace
}  // namespace tidemark::session
