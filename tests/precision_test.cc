// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A bound on what may be reported that needs no reference.
#include <gtest/gtest.h>

#include <string>

#include "liar.h"
#include "support.h"

namespace tidemark {
namespace {

// What two that share the mistake make of it.
std::string found_by_itself(const std::string& program) {
  return signature_of(program_of(program), lying<Lie::adds_a_page>,
                      lying<Lie::adds_a_page, make_reference>);
}

constexpr const char* kFound = "precision.reported-again";

TEST(APageThatNobodyCouldHaveWritten, IsNotReportedAgain) {
  EXPECT_EQ(found_by_itself("map 0p 8p rw\nstart\nquery 0p 8p"), "");
  EXPECT_EQ(found_by_itself("map 0p 8p rw\nstart\nquery 0p 8p\nquery 0p 8p"), kFound);
  EXPECT_EQ(found_by_itself("map 0p 8p rw\nstart\nwrite 4p 1\nquery 0p 8p\nread 4p 1\nwrite 3p 1\n"
                            "query 0p 8p"),
            kFound);
  EXPECT_EQ(found_by_itself("map 100p 8p rw\nstart\nquery 100p 8p\ninfo\nquery 100p 8p"), kFound);
}

// Each of these could have, or says that somebody did.
TEST(APageThatSomebodyCouldHaveWritten, IsReportedAgain) {
  for (const char* between : {"write 4p 1", "write 0p 8p", "attach g1 hardware=0",
                              "attach g1 emulated\nenroll d1\npin d1 4p 1p rw", "stop\nstart",
                              "unmap 0p 8p\nmap 0p 8p rw", "dma g0 4p 1"}) {
    EXPECT_EQ(found_by_itself("attach g0 emulated\nmap 0p 8p rw\nstart\nquery 0p 8p\n" +
                              std::string(between) + "\nquery 0p 8p"),
              "")
        << between;
  }
  EXPECT_EQ(found_by_itself("attach g0 hardware=0\nmap 0p 8p rw\nstart\nquery 0p 8p\nquery 0p 8p"),
            "");
  EXPECT_EQ(found_by_itself("attach g0 emulated\nenroll d0\nmap 0p 8p rw\nstart\npin d0 4p 1p rw\n"
                            "query 0p 8p\nunpin d0 4p 1p\nquery 0p 8p"),
            "")
      << "it was held when it was reported";
}

}  // namespace
}  // namespace tidemark
