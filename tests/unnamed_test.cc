// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is said where no small program could be made of an input.
#include "unnamed.h"

#include <gtest/gtest.h>

#include "parsed.h"

namespace tidemark::session {
namespace {

constexpr const char* kStep = "step 2 of 3: unmap 0p 1p\n";

Suspect suspect(const std::string& input) {
  return {.input = input,
          .how = {.said = "the last words\n", .step = 2},
          .program = parsed("map 0p 1p rw\nunmap 0p 1p\nstop\n"),
          .bytes = {1, 2, 3}};
}

TEST(Unnamed, WhatDoesNotShowAloneHasTheStepThatRanAndItsRule) {
  const Finding finding = not_reproduced(the_tracker(), suspect("timeout-1"));
  EXPECT_EQ(finding.name, "hang.not-reproduced");
  EXPECT_TRUE(finding.report.starts_with(std::string(kStep) + "means     hang: it does not end\n"))
      << finding.report;
  EXPECT_NE(finding.report.find("\nrule      D6, "), std::string::npos) << finding.report;
  EXPECT_NE(finding.report.find("\nthe last words\n"), std::string::npos) << finding.report;
}

TEST(Unnamed, WhereNoStepIsKnownNoneIsSaid) {
  Suspect of_afl = suspect("crash-1");
  of_afl.how.step.reset();
  const Finding finding = not_reproduced(the_tracker(), of_afl);
  EXPECT_EQ(finding.name, "crash.not-reproduced");
  EXPECT_TRUE(finding.report.starts_with("a fuzzing process ended on this input"))
      << finding.report;
}

TEST(Unnamed, WhatWasSeenInShortSaysSo) {
  Finding finding;
  finding.report = "actual    it did not end within 2 s\n";
  EXPECT_EQ(seen_in_short(finding, 150).report,
            finding.report +
                "\nnaming it took more than 150 s, so that nobody has seen it run for longer\n");
}

TEST(Unnamed, WhatTookTooLongToMakeSmallHasThemAsWell) {
  Suspect one = suspect("oom-1");
  one.judgement = Judgement{{.kind = Kind::out_of_memory}, 3, {}, true};
  const Finding finding = not_reduced(the_tracker(), one, 150);
  EXPECT_TRUE(finding.report.starts_with(std::string(kStep) + "means     out-of-memory: "))
      << finding.report;
  EXPECT_NE(finding.report.find("\nrule      D21, "), std::string::npos) << finding.report;
  EXPECT_NE(finding.report.find("took more than 150 s"), std::string::npos) << finding.report;
}

}  // namespace
}  // namespace tidemark::session
