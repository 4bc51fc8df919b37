// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// ./tidemark keep, and what becomes of what it has kept.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli_fixture.h"
#include "command.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;
using std::string_literals::operator""s;

class CliKeep : public CliFixture {};

TEST_F(CliKeep, MakesATestThatFailsWithTheBugAndPassesWithout) {
  const Words files = {"input",       "program.trace", "report.txt",
                       "report.html", "count",         "environment.json"};
  for (const std::string& name : files) file("findings/x/" + name, kLost);
  const Ended ended = tidemark_command({"keep", "--corpus", ".", "findings/x", "a-page-is-kept"})
                          .in(path())
                          .lying("loses-a-page")
                          .run();
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::string test = "regressions/a-page-is-kept.trace";
  for (const std::string& part : {"./tidemark replay " + test + "\n", "to commit:  this file"s,
                                  "./tidemark test -R Regression.a_page_is_kept"s})
    EXPECT_NE(ended.out.find(part), std::string::npos) << ended.out;
  EXPECT_TRUE(content(path() / test)
                  .starts_with("# lockstep.query.missing-dirty: expected words 0:0x1, "
                               "actual words 0:0x0\ncontainer v2\n"))
      << content(path() / test);
  EXPECT_NE(ended.out.find(", which builds first\n"), std::string::npos) << ended.out;
  EXPECT_FALSE(fs::exists(path() / "findings/x"));
  EXPECT_EQ(run({"replay", test}).code, 0);
  EXPECT_EQ(tidemark_command({"replay", test}).in(path()).lying("loses-a-page").run().code, 1);
}

TEST_F(CliKeep, RefusesNamesThatAreTakenOrNone) {
  file("lost", kLost);
  file("regressions/taken.trace", "as it was\n");
  const auto keep = [&](const std::string& name) {
    return tidemark_command({"keep", "--corpus", ".", "--", "lost", name})
        .in(path())
        .lying("loses-a-page")
        .run();
  };
  expect_refused(keep("taken"), "is there already");
  EXPECT_EQ(content(path() / "regressions/taken.trace"), "as it was\n");
  for (const std::string name : {"../up", "Up", "a b", "-x", "a.b", "a\nb", "", "x/y", "\xc3\xa4"})
    EXPECT_EQ(keep(name).code, 2) << name;
  EXPECT_EQ(keep(std::string(101, 'a')).code, 2);
  EXPECT_EQ(entries_in(path() / "regressions"), 1u);
  EXPECT_TRUE(fs::exists(path() / "lost"));
}

TEST_F(CliKeep, RefusesWhatFailsNoMore) {
  file("findings/x/program.trace", kLost);
  expect_refused(run({"keep", "--corpus", ".", "findings/x", "mended"}), "does nothing wrong");
  EXPECT_TRUE(fs::exists(path() / "findings/x/program.trace"));
  EXPECT_EQ(entries_in(path() / "regressions"), 0u);
}

// What a finding was found in is for its folder to say; what it does not say is the tracker's.
TEST_F(CliKeep, TakesAnEnvironmentThatIsNone) {
  for (const char* text : {"", "{", "[]", "7", "{\"subject\": 7}", "{\"subject\": null}", "\xff"}) {
    file("findings/x/program.trace", kLost);
    file("findings/x/environment.json", text);
    const Ended ended = tidemark_command({"keep", "--corpus", ".", "findings/x", "kept"})
                            .in(path())
                            .lying("loses-a-page")
                            .run();
    EXPECT_EQ(ended.code, 0) << text << ended.err;
    fs::remove(path() / "regressions/kept.trace");
  }
  file("findings/x/program.trace", kLost);
  file("findings/x/environment.json", "{\"subject\": \"other\"}");
  expect_refused(run({"keep", "--corpus", ".", "findings/x", "kept"}), "was found in other");
}

// Anything may be called "input".
TEST_F(CliKeep, RemovesNothingOfTheUsers) {
  file("home/input", kLost);
  file("home/thesis.tex", "years of work");
  const Ended kept = tidemark_command({"keep", "--corpus", ".", "home/", "x"})
                         .in(path())
                         .lying("loses-a-page")
                         .run();
  EXPECT_EQ(kept.code, 0) << kept.err;
  EXPECT_EQ(content(path() / "home/thesis.tex"), "years of work");
  EXPECT_NE(kept.out.find("to remove:  'home/'"), std::string::npos) << kept.out;
}

// Its numbers are none of those that bytes can say: it is a test all the same.
TEST_F(CliKeep, TakesWhatNoFuzzerCanStartFrom) {
  file("far", "container v2\nmap 0p 4801p rw\nstart\nwrite 4800p 1\nquery 0p 4801p\n");
  const Ended kept = tidemark_command({"keep", "--corpus", ".", "far", "far-page"})
                         .in(path())
                         .lying("loses-far-pages")
                         .run();
  EXPECT_EQ(kept.code, 0) << kept.err;
  EXPECT_NE(kept.out.find("no seed:    fuzzing does not start from it: operation 1, "
                          "'map 0p 4801p rw', has no byte form for: size\n"),
            std::string::npos)
      << kept.out;
  const std::string test = "regressions/far-page.trace";
  EXPECT_NE(content(path() / test).find("map 0p 4801p rw\n"), std::string::npos);
  EXPECT_EQ(run({"replay", test}).code, 0);
}

TEST_F(CliKeep, SaysHowManyStepsItsTestIsAway) {
  file("lost", kLost);
  const Ended kept = tidemark_command({"keep", "--corpus", ".", "--steps", "123", "lost", "a-page"})
                         .in(path())
                         .lying("loses-a-page")
                         .run();
  EXPECT_NE(kept.out.find("./tidemark test -R Regression.a_page, which builds first, 123 steps at "
                          "most\n"),
            std::string::npos)
      << kept.out;
}

TEST_F(CliKeep, SaysNothingOfSeedsWhereFuzzingStartsFromIt) {
  file("lost", kLost);
  const Ended kept = tidemark_command({"keep", "--corpus", ".", "lost", "a-page"})
                         .in(path())
                         .lying("loses-a-page")
                         .run();
  EXPECT_EQ(kept.code, 0) << kept.err;
  EXPECT_EQ(kept.out.find("no seed"), std::string::npos) << kept.out;
}

TEST_F(CliKeep, SeedsAreCompiledButForWhatHasNoBytes) {
  file("far.trace", "container v2\nmap 0p 4801p rw\n");
  file("lost.trace", kLost);
  const Words words = {TIDEMARK_SEED_COMPILER, "out", "far.trace", "lost.trace"};
  const Ended ended = Command(words).in(path()).run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err,
            "'far.trace': operation 1, 'map 0p 4801p rw', has no byte form for: size\n"
            "fuzzing does not start from 1 of 2 programs\n");
  EXPECT_TRUE(fs::exists(path() / "out/lost"));
  EXPECT_EQ(entries_in(path() / "out"), 1u);
  file("bad.trace", "map map\n");
  EXPECT_EQ(Command({TIDEMARK_SEED_COMPILER, "out", "bad.trace"}).in(path()).run().code, 2);
}

}  // namespace
}  // namespace tidemark
