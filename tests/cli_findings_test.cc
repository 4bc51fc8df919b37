// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// ./tidemark findings: what was found, for people and for other tools.
#include <gtest/gtest.h>

#include <string>

#include "command.h"
#include "files.h"
#include "json_text.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

class CliFindings : public testing::Test {
 protected:
  void file(const std::string& name, const std::string& content) const {
    write_content(folder_.path / name, content);
  }
  Command command(std::vector<std::string> more) const {
    more.insert(more.begin(), "findings");
    return tidemark_command(more).in(folder_.path);
  }
  Ended run(const std::vector<std::string>& more) const { return command(more).run(); }
  static std::string program() {
    return "container v2\nattach g0 emulated\nmap 0p 1p rw\nstart\nwrite 0p 1\nquery 0p 1p\n";
  }
  void file_a_lost_page() const {
    const std::string folder = "findings/lockstep.query.missing-dirty/";
    file(folder + "report.txt",
         "lockstep.query.missing-dirty\n\n" + program() +
             "\n"
             "step 5 of 5: query 0p 1p\nexpected  words 0:0x1\nactual    no word stored\n"
             "rule      N1, a page that may have been written is reported: docs/contract.md#n1\n");
    file(folder + "program.trace", "# a\n# b\n" + program());
    file(folder + "count", "3\n");
    file(folder + "environment.json", R"({"subject": "tracker"})");
  }
  void file_a_crash() const {
    const std::string folder = "findings/AddressSanitizer.heap-use-after-free.report_all/";
    file(folder + "report.txt",
         "AddressSanitizer.heap-use-after-free.report_all\n\n"
         "    #0 0x1 in report_all /home/somebody/tidemark/impl/report.c:12:3\n");
    file(folder + "input", "bytes");
  }

  const TemporaryFolder folder_;
};

TEST_F(CliFindings, NothingIsExitCodeZero) {
  const Ended ended = run({});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out, "nothing in 'findings'\n");
  EXPECT_EQ(run({"--json"}).out, "");
}

TEST_F(CliFindings, AreListed) {
  file_a_lost_page();
  file_a_crash();
  const Ended ended = run({});
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.out.find("   3 x  gone         lockstep.query.missing-dirty\n"),
            std::string::npos)
      << ended.out;
  EXPECT_NE(
      ended.out.find("   0 x  not judged   AddressSanitizer.heap-use-after-free.report_all: "),
      std::string::npos)
      << ended.out;
  EXPECT_TRUE(ended.out.ends_with("to remove what is gone: ./tidemark findings --remove-gone\n"))
      << ended.out;
  const std::string json = run({"--json"}).out;
  for (const char* part :
       {R"("expected":"words 0:0x1")", R"("count":3)", R"("now":"gone")", R"("rule":"N1, a page)"})
    EXPECT_NE(json.find(part), std::string::npos) << part << " in\n" << json;
}

TEST_F(CliFindings, SayWhetherTheyAreStillThere) {
  file_a_lost_page();
  const std::string folder = "findings/lockstep.query.missing-dirty/";
  const auto now = [&](const char* option) {
    return command({option}).lying("loses-a-page").run().out;
  };
  EXPECT_NE(now("--json").find(R"("now":"still there")"), std::string::npos) << now("--json");
  EXPECT_EQ(now("--findings=findings").find("what is gone"), std::string::npos);
  EXPECT_EQ(command({}).lying("loses-a-page").run().code, 1);
  file(folder + "report.txt", "lockstep.query.missing-dirty.pin\n\n");
  EXPECT_NE(now("--json").find(R"("shows":"lockstep.query.missing-dirty")"), std::string::npos)
      << now("--json");
  file(folder + "environment.json", R"({"subject": "other"})");
  EXPECT_NE(now("--findings=findings")
                .find("not judged   lockstep.query.missing-dirty.pin: there "
                      "is no subject 'other'"),
            std::string::npos)
      << now("--findings=findings");
}

// Which of two limits comes first depends on the machine, here as well.
TEST_F(CliFindings, WhatHungAndNowEatsMemoryIsStillThere) {
  file("findings/hang.v1/report.txt", "hang.v1\n\n");
  file("findings/hang.v1/program.trace", "container v1 room=8192\nstop\n");
  const Ended ended = command({}).lying("eats-memory").run();
  const bool in_time = ended.seconds < 9;
  EXPECT_NE(
      ended.out.find(in_time ? "still there  hang.v1 (out-of-memory)\n" : "still there  hang.v1"),
      std::string::npos)
      << ended.out;
}

TEST_F(CliFindings, ThatAreGoneAreAllWell) {
  file_a_lost_page();
  EXPECT_EQ(run({}).code, 0);
  EXPECT_EQ(run({"--json"}).code, 0);
  file_a_crash();  // nobody can look at it
  EXPECT_EQ(run({}).code, 1);
}

TEST_F(CliFindings, ThatAreGoneAreRemovedIfAskedFor) {
  file_a_lost_page();
  file_a_crash();
  const auto there = [this] { return entries_in(folder_.path / "findings"); };
  EXPECT_EQ(command({"--remove-gone"}).lying("loses-a-page").run().code, 1);
  EXPECT_EQ(there(), 2u) << "it is still there";
  const Ended ended = run({"--remove-gone"});
  EXPECT_EQ(ended.code, 1) << "of what cannot be looked at nobody knows";
  EXPECT_TRUE(ended.out.ends_with("removed: 1, gone\n")) << ended.out;
  EXPECT_EQ(there(), 1u);
  file_a_lost_page();
  file("findings/lockstep.query.missing-dirty/notes", "mine");
  EXPECT_NE(run({"--remove-gone"}).err.find("files that are not of a finding"), std::string::npos);
  EXPECT_EQ(content(folder_.path / "findings/lockstep.query.missing-dirty/notes"), "mine");
}

TEST_F(CliFindings, AreASarifLog) {
  file_a_lost_page();
  file_a_crash();
  EXPECT_EQ(run({"--sarif", "log.sarif"}).code, 1);
  const std::string log = content(folder_.path / "log.sarif");
  EXPECT_TRUE(is_json(log)) << log;
  for (const char* part :
       {R"("version": "2.1.0")", R"("id": "N1")", R"("ruleId": "N1")", R"("occurrenceCount": 3)",
        R"("uri": "findings/lockstep.query.missing-dirty/program.trace")",
        R"("kind": "pass")",  // this tracker does not lie
        R"("startLine": 8)",  // the query's, below two comments and the container
        R"("ruleId": "AddressSanitizer.heap-use-after-free")", R"("uri": "impl/report.c")",
        R"("startLine": 12)"})
    EXPECT_NE(log.find(part), std::string::npos) << part << " in\n" << log;
  EXPECT_EQ(log.find("somebody"), std::string::npos) << "a place on somebody's machine";
}

TEST_F(CliFindings, WhatCannotBeWrittenIsSaid) {
  file_a_lost_page();
  const Ended ended = run({"--sarif", "/dev/full"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("No space left on device"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace tidemark
