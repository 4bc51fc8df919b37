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
  Ended run(std::vector<std::string> more) const {
    more.insert(more.begin(), "findings");
    return tidemark_command(more).in(folder_.path).run();
  }
  void file_a_lost_page() const {
    const std::string folder = "findings/lockstep.query.missing-dirty.pin/";
    file(folder + "report.txt",
         "lockstep.query.missing-dirty.pin\n\ncontainer v2\nmap 0p 1p rw\nquery 0p 1p\n\n"
         "step 2 of 2: query 0p 1p\nexpected  words 0:0x1\nactual    no word stored\n"
         "rule      N1, a page that may have been written is reported: docs/contract.md#n1\n");
    file(folder + "program.trace", "# a\n# b\ncontainer v2\nmap 0p 1p rw\nquery 0p 1p\n");
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
  EXPECT_NE(ended.out.find("   3 x  lockstep.query.missing-dirty.pin\n"), std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("report_all, not reduced\n"), std::string::npos) << ended.out;
  const std::string json = run({"--json"}).out;
  for (const char* part : {R"("expected":"words 0:0x1")", R"("count":3)", R"("rule":"N1, a page)"})
    EXPECT_NE(json.find(part), std::string::npos) << part << " in\n" << json;
}

TEST_F(CliFindings, AreASarifLog) {
  file_a_lost_page();
  file_a_crash();
  EXPECT_EQ(run({"--sarif", "log.sarif"}).code, 1);
  const std::string log = content(folder_.path / "log.sarif");
  EXPECT_TRUE(is_json(log)) << log;
  for (const char* part :
       {R"("version": "2.1.0")", R"("id": "N1")", R"("ruleId": "N1")", R"("occurrenceCount": 3)",
        R"("uri": "findings/lockstep.query.missing-dirty.pin/program.trace")",
        R"("startLine": 5)",  // the query's, below two comments and the container
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
