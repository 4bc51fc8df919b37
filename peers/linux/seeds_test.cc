// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The corpus on each version of Linux: what differs is expected, or this fails.
// Prints a table of what each program comes to.
#include <gtest/gtest.h>

#include <cstdio>

#include "linux_lockstep.h"
#include "test_support.h"

namespace tidemark {
namespace {

std::string line_of(const Verdict& verdict) {
  std::string line = !verdict.signature ? "same" : print(verdict.signature);
  if (verdict.expected) line += std::string("  ") + verdict.expected->name;
  for (const auto& [entry, shown] : verdict.passed) line += std::string(" (") + entry->name + ")";
  return line;
}

class Seeds : public testing::TestWithParam<LinuxVersion> {};

TEST_P(Seeds, DifferOnlyAsExpected) {
  LinuxLockstep comparison(GetParam());
  auto paths = traces_in(TIDEMARK_CORPUS_DIR "/seeds");
  ASSERT_GT(paths.size(), 100u);
  for (auto& path : traces_in(TIDEMARK_CORPUS_DIR "/regressions")) paths.push_back(path);
  std::size_t same = 0;
  for (const auto& path : paths) {
    const Verdict verdict = comparison.judge(trace(path));
    std::printf("%-10s %-60s %s\n", GetParam().name.c_str(), path.stem().c_str(),
                line_of(verdict).c_str());
    EXPECT_TRUE(!verdict.signature || verdict.expected)
        << path << ": " << print(verdict.signature) << "\n"
        << verdict.report;
    same += !verdict.signature;
  }
  // Something is the matter with the comparison if nothing differs, or nearly all does.
  EXPECT_GT(same, paths.size() / 2);
  EXPECT_LT(same, paths.size());
}

INSTANTIATE_TEST_SUITE_P(Linux, Seeds,
                         testing::ValuesIn(linux_versions().begin(), linux_versions().end()),
                         version_name);

}  // namespace
}  // namespace tidemark
