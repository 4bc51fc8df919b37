// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What `findings --sarif` writes is a SARIF log by the rules, and these notice what is none.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "command.h"
#include "sarif_rules.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

// Two that break the same rule, one that ends the process, one in a place of its own.
class Sarif : public testing::Test {
 protected:
  Sarif() {
    const std::string program =
        "container v2\nattach g0 emulated\nmap 0p 1p rw\nstart\nwrite 0p 1\nquery 0p 1p\n";
    for (const std::string name : {"lockstep.query.missing-dirty", "lockstep.query.missing"}) {
      file(name, "program.trace", program);
      file(name, "report.txt",
           name + "\n\nstep 5 of 5: query 0p 1p\nrule      N1, a page is reported: c.md#n1\n");
    }
    file("AddressSanitizer.leak.all", "input", "bytes");
    file("AddressSanitizer.leak.all", "report.txt",
         "AddressSanitizer.leak.all\n\n    #0 0x1 in all /home/somebody/impl/report.c:12:3\n");
    file("c:d <e>", "report.txt", "hang.v1 \"x\"\n\n");
  }
  void file(const std::string& name, const std::string& file, const std::string& text) const {
    write_content(folder_.path / "my findings" / name / file, text);
  }
  std::string log() const {
    const Ended ended = tidemark_command({"findings", "--findings=my findings", "--sarif", "log"})
                            .in(folder_.path)
                            .run();
    EXPECT_EQ(ended.code, 1) << ended.err;
    return content(folder_.path / "log");
  }

  const TemporaryFolder folder_;
};

TEST_F(Sarif, TheLogOfFindingsIsOne) {
  const std::string text = log();
  EXPECT_EQ(sarif_problems(text), std::vector<std::string>()) << text;
  for (const char* part :
       {R"("uri": "my%20findings/c%3Ad%20%3Ce%3E")", R"("ruleIndex": 2)", R"("kind": "pass")"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
}

TEST_F(Sarif, WhatIsNoneIsNoticed) {
  const std::string right = log();
  const std::vector<std::pair<std::pair<std::string, std::string>, std::string>> wrong = {
      {{"\"2.1.0\"", "\"2.0.0\""}, "log.version: is no version"},
      {{"\"https://", "\"//"}, "log.$schema: is no absolute URI"},
      {{"\"driver\"", "\"drive\""}, "log.runs[0].tool: has no driver"},
      {{"\"name\": \"tidemark\"", "\"name\": \"\""}, "log.runs[0].tool.driver.name: is no string"},
      {{"\"message\"", "\"massage\""}, "log.runs[0].results[0]: has no message"},
      {{"my%20findings", "my findings"}, "uri: is no URI"},
      {{"c%3Ad", "c:d"}, "uri: is no URI"},
      {{"\"uri\": \"impl/", "\"uri\": \"/impl/"}, "uri: is no URI"},
      {{"\"error\"", "\"fatal\""}, "level: is no level"},
      {{"\"pass\"", "\"passed\""}, "kind: is no kind"},
      {{"\"none\"", "\"error\""}, "is of kind pass, at level error"},
      {{"\"ruleIndex\": 1", "\"ruleIndex\": 0"}, "has the index of another rule"},
      {{"\"ruleIndex\": 1", "\"ruleIndex\": 9"}, "has an index of no rule"},
      {{"\"startLine\": 12", "\"startLine\": 0"}, "startLine: is no from one"},
      {{"\"occurrenceCount\": 1", "\"occurrenceCount\": 0"}, "is no from one"},
      {{"\"results\": [", "\"results\": 3, \"x\": ["}, "log.runs[0].results: is no array"},
      {{"\"id\": \"N1\"", "\"id\": \"AddressSanitizer.leak\""}, "rules: has an id twice"},
      {{"{", ""}, "log: is no object"},
  };
  for (const auto& [change, problem] : wrong) {
    std::string text = right;
    const auto at = text.find(change.first);
    ASSERT_NE(at, std::string::npos) << change.first << " in\n" << right;
    text.replace(at, change.first.size(), change.second);
    std::string problems;
    for (const std::string& one : sarif_problems(text)) problems += one + "\n";
    EXPECT_NE(problems.find(problem), std::string::npos) << change.second << "\n" << problems;
  }
}

}  // namespace
}  // namespace tidemark
