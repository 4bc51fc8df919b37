// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "leak_check.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "subprocess.h"

namespace tidemark {
namespace {

constexpr int kLeaks = 3;

// In a child: what is leaked there is for nobody else to find.
Ending looked_through(void (*what)()) {
  return run_apart(
      [what] {
        LeakCheck leaks;
        what();
        std::_Exit(leaks.finds_any() ? kLeaks : 0);
      },
      20);
}

// Of the last one it is still known.
char* volatile known;

TEST(LeakCheck, FindsWhatNobodyKnowsAnyMore) {
  const Ending ending = looked_through([] {
    for (int i = 0; i < 100; ++i) known = new char[1000];
  });
  EXPECT_EQ(ending.code, kLeaks);
  EXPECT_NE(ending.said.find("LeakSanitizer"), std::string::npos) << ending.said;
}

TEST(LeakCheck, PassesOverWhatIsKnownOrFreed) {
  EXPECT_EQ(looked_through([] { known = new char[1000]; }).code, 0);
  EXPECT_EQ(looked_through([] { delete[] new char[1000]; }).code, 0);
}

}  // namespace
}  // namespace tidemark
