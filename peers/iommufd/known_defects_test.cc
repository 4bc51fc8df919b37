// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is known of 6.12 is there, each entry's program shows it, and nothing else is.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "judge.h"
#include "mutator.h"

namespace tidemark::iommufd {
namespace {

const Judge& judge() {
  static const auto tree = tree_named("linux-6.12");
  static const Judge judges(*tree);
  return judges;
}

TEST(IommufdKnown, SixTwelveHasTheseAndNoOthers) {
  Quirks expected;
  for (const Quirk quirk :
       {Quirk::missing_memory, Quirk::gap, Quirk::off_is_silent, Quirk::odd_page,
        Quirk::beyond_the_end, Quirk::shifted, Quirk::cut_entry, Quirk::on_again, Quirk::wraps})
    expected.add(quirk);
  EXPECT_EQ(judge().quirks(0), expected);
}

TEST(IommufdKnown, EachProgramShowsItsDefectAgainstTheContract) {
  for (const KnownDefect& defect : known_defects()) {
    const Program program = program_of(defect);
    const Judge::Judgement judgement = judge().judge(program);
    EXPECT_FALSE(judgement.difference) << defect.name;
    EXPECT_EQ(judgement.known.has(defect.quirk), judge().quirks(0).has(defect.quirk))
        << defect.name;
    const bool differs = judge().against_contract(program).has_value();
    EXPECT_TRUE(differs || !judgement.known.has(defect.quirk)) << defect.name;
  }
}

TEST(IommufdKnown, EachHasItsSectionInTheFindings) {
  std::ifstream file(TIDEMARK_IOMMUFD_FINDINGS);
  std::stringstream text;
  text << file.rdbuf();
  for (const KnownDefect& defect : known_defects())
    EXPECT_NE(text.str().find(defect.name), std::string::npos) << defect.name;
}

TEST(IommufdKnown, RandomProgramsDifferInNothingElse) {
  Mutator mutator(1);
  for (int i = 0; i < 4000; ++i) {
    Program program = mutator.make();
    program.format = 0;
    const Judge::Judgement judgement = judge().judge(program);
    ASSERT_FALSE(judgement.difference)
        << report(program, *judgement.difference, rule_of(*judgement.difference));
  }
}

TEST(IommufdKnown, ReducesToTheFewOperationsThatAreNeeded) {
  const Program program = parse(
      "table amd-v1\nmap 64K 64K rw runs=16K\nmap 1M 12K ro\ntrack on\nwrite 68K\nwrite 1M\n"
      "query 64K 64K at=4000 page=8K no-clear\nwrite 100K\ntrack on\nquery 64K 64K\n");
  EXPECT_EQ(print(judge().reduce(program, Quirk::on_again)),
            "table amd-v1\nmap 0 4K rw\ntrack on\nwrite 0\ntrack on\n");
}

}  // namespace
}  // namespace tidemark::iommufd
