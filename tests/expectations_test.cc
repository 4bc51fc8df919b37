// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a program expects, at once and in windows.
#include <gtest/gtest.h>

#include "liar.h"
#include "support.h"

namespace tidemark {
namespace {

// What it says if it is not met, and of which operation, from 1.
std::string unmet(std::string_view text) {
  Lockstep lockstep(make_tracker, make_reference);
  const auto found = lockstep.run(program_of(text));
  if (!found) return "";
  return std::to_string(found->operation + 1) + ": " + print(found->signature) + ": " +
         found->expected + ", not " + found->actual;
}

constexpr const char* kWindow = R"(
  attach g0 emulated
  enroll d0
  map 0p 2p rw
  start
  pin d0 0p 1p rw
)";

std::string in_window(const std::string& text) { return std::string(kWindow) + text; }

TEST(AnExpectation, OfAWindowIsHeldAgainstWhatComesOfItThere) {
  EXPECT_EQ(unmet(in_window("window d0: query 0p 2p => 0 words 0:0x1\nunmap 0p 2p")), "");
  EXPECT_EQ(unmet(in_window("window d0: query 0p 2p => 0 words 0:0x2\nunmap 0p 2p")),
            "6: lockstep.query.expectation.tracker: 0 words 0:0x2, not 0 words 0:0x1");
  EXPECT_EQ(unmet(in_window("window d0: stop => -EINVAL\nunmap 0p 2p")),
            "6: lockstep.stop.expectation.tracker: -EINVAL, not 0");
}

// Not what the operation before it left in the user's memory.
TEST(AnExpectation, OfAWindowThatNeverComesIsNotMet) {
  EXPECT_EQ(unmet("attach g0 emulated\nmap 0p 2p rw\nstart\nwrite 0p 1\nquery 0p 2p\n"
                  "window d3: query 1p 1p => 0 words 0:0x1"),
            "6: lockstep.query.expectation.tracker: 0 words 0:0x1, not nothing: its window never "
            "came");
  EXPECT_EQ(unmet(in_window("window d3: stop\nunmap 0p 2p")), "") << "nothing is expected";
}

TEST(AnExpectation, OfEachWindowIsOfAllOfThem) {
  const std::string two = "map 8p 1p rw\npin d0 8p 1p rw\nunmap 0p 2p\nunmap 8p 1p";
  EXPECT_EQ(unmet(in_window("each-window d0: start => 0\n" + two)), "");
  EXPECT_EQ(
      unmet(in_window("each-window d0: unmap 12p 1p => 0 size=0x1000\nmap 12p 1p rw\n" + two)),
      "6: lockstep.unmap.expectation.tracker: 0 size=0x1000, not 0 size=0x0");
  EXPECT_EQ(unmet(in_window("each-window d1: start => 0\n" + two)),
            "6: lockstep.start.expectation.tracker: 0, not nothing: its window never came");
}

// Both return the same wrong errno: nothing but the expectation can tell.
TEST(AnExpectation, OfAWindowIsCheckedOnBothSubjects) {
  const Program program = program_of(in_window("window d0: query 0p 1p => -EINVAL\nunmap 0p 2p"));
  EXPECT_EQ(signature_of(program, make_tracker), "");
  EXPECT_EQ(signature_of(program, lying<Lie::wrong_errno>, lying<Lie::wrong_errno, make_reference>),
            "lockstep.query.expectation.tracker");
}

constexpr const char* kState = R"(
  attach g0 emulated
  enroll d0
  map 0p 8p rw => page-sizes=0xfffffffffffff000 mappings=1 dma-available=65534 tracking=0
  start => 0 marks=none tracking=1
  pin d0 1p 2p rw => 2 pinned-pages=2 locked-pages=2 marks=0x1000-0x2fff pins=0x1000:1,0x2000:1
  pin d0 2p 1p r => 1 pins=0x1000:1,0x2000:2
  write 6p 1 => 0 marks=0x1000-0x2fff,0x6000-0x6fff callbacks=none
  unmap 0p 8p => 0 size=0x8000 pins=none callbacks=d0:0x0-0x7fff
)";

TEST(AnExpectation, IsOfTheStateAsWell) { EXPECT_EQ(unmet(kState), ""); }

TEST(AnExpectation, OfAnyPartOfTheStateIsChecked) {
  const std::string text = kState;
  for (const std::string part :
       {"page-sizes=0xfffffffffffff000", "mappings=1", "dma-available=65534", "tracking=0",
        "tracking=1", "pinned-pages=2", "locked-pages=2", "marks=0x1000-0x2fff,0x6000-0x6fff",
        "pins=0x1000:1,0x2000:2", "callbacks=d0:0x0-0x7fff", "marks=none", "pins=none",
        "callbacks=none"}) {
    std::string wrong = text;
    const std::string name = part.substr(0, part.find('=') + 1);
    const std::string other = name == "marks="       ? "0x0-0xfff"
                              : name == "pins="      ? "0x0:7"
                              : name == "callbacks=" ? "d1:0x0-0xfff"
                                                     : "77";
    wrong.replace(wrong.find(part), part.size(), name + other);
    EXPECT_NE(unmet(wrong).find(".expectation.tracker: "), std::string::npos) << wrong;
  }
}

TEST(AnExpectation, DoesNotOutliveItsProgram) {
  Lockstep lockstep(make_tracker, make_reference);
  EXPECT_TRUE(lockstep.run(program_of("window d3: stop => 0")));
  EXPECT_FALSE(lockstep.run(program_of("window d3: stop")));
}

}  // namespace
}  // namespace tidemark
