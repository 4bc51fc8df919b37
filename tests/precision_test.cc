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

// What the user sees there, or believes, need not be the answer: it says nothing then.
TEST(Precision, IsSilentWhereBitmapsOrArgumentsAreElsewhere) {
  const std::string written = "map 0p 8p rw\nstart\nwrite 0p 1\n";
  EXPECT_TRUE(runs(written + "query 0p 8p bitmap=0x60000000\nquery 0p 8p bitmap=0x60000000"));
  EXPECT_TRUE(runs(written + "query 0p 8p\nunmap 0p 8p bitmap bitmap=0x10020"));
  const std::string devices = "attach g0 emulated\nenroll d0\n";
  EXPECT_TRUE(runs(devices + "map 100p 1p rw\n" + written +
                   "pin d0 100p 1p rw\nwindow d0: query 0p 8p bitmap=0x20000000\n"
                   "window d0: query 0p 8p bitmap=0x20000000\nunmap 100p 1p"));
  EXPECT_TRUE(runs(devices + "map 0p 128p rw\nstart\npin d0 100p 1p rw\nwrite 0p 1\n"
                             "window d0: query 0p 128p bitmap=0x20000000\nunmap 0p 128p bitmap"));
  EXPECT_TRUE(runs(devices + "map 1p 4p rw\nstart\npin d0 1p 1p rw\nunmap 0x18 100p arg=0x10028\n"
                             "query 1p 4p\nquery 1p 4p"));
  EXPECT_TRUE(runs(devices + "map 0p 8p rw\nmap 100p 8p rw\nmap 200p 1p rw\nstart\n"
                             "pin d0 200p 1p rw\nwindow d0: query 100p 8p bitmap=0x20000000\n"
                             "unmap 200p 1p\nwrite 0p 1\nquery 0p 8p\nwrite 100p 1\n"
                             "query 0p 8p arg=0x40010020"));
}

}  // namespace
}  // namespace tidemark
