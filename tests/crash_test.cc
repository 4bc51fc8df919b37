// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <dlfcn.h>

#include <filesystem>
#include <sstream>

#include "isolation.h"
#include "os_machine.h"
#include "stack_traces.h"
#include "support.h"
#include "tidemark.h"

namespace tidemark {
namespace {

const std::string_view kSources = the_tracker().sources;

// A line of a stack trace, as the sanitizers print it, inside `function`.
template <class Function>
std::string frame(int number, Function* function) {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(function), &info)) return {};
  const auto offset = reinterpret_cast<char*>(function) - static_cast<char*>(info.dli_fbase) + 1;
  std::ostringstream line;
  line << "    #" << number << " 0x5500  (" << std::filesystem::canonical("/proc/self/exe").string()
       << "+0x" << std::hex << offset << ") (BuildId: 12)\n";
  return line.str();
}

Ending crash(const std::string& said) {
  Ending ending;
  ending.said = said;
  return ending;
}

std::string how(const Ending& ending, std::string_view sources = the_tracker().sources) {
  return print(signature_of(ending, sources));
}

// Two errors of one kind in two functions are two findings; frames outside of
// the tracker name nobody.
TEST(Crash, IsNamedForTheInnermostFunctionOfTheTracker) {
  const std::string error = "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x61\n";
  const std::string outside = frame(0, &symbolized);
  EXPECT_EQ(
      how(crash(error + outside + frame(1, &tidemark_pages_unpin) + frame(2, &tidemark_pages_pin))),
      "AddressSanitizer.heap-use-after-free.tidemark_pages_unpin");
  EXPECT_EQ(how(crash(error + outside)), "AddressSanitizer.heap-use-after-free");
  EXPECT_EQ(how(crash("map.c:4:2: runtime error: shift exponent 64 is too large\n" +
                      frame(0, &tidemark_pages_pin) +
                      "SUMMARY: UndefinedBehaviorSanitizer: shift-exponent map.c:4:2\n")),
            "UndefinedBehaviorSanitizer.shift-exponent.tidemark_pages_pin");
}

// Lists and trees of the kernel's are gone wrong for whoever has them.
TEST(Crash, IsNotNamedForWhatStandsInForTheKernel) {
  EXPECT_EQ(how(crash("==7==ERROR: AddressSanitizer: SEGV on unknown address 0x61\n" +
                      frame(0, &os_call_begin) + frame(1, &tidemark_pages_pin))),
            "AddressSanitizer.SEGV.tidemark_pages_pin");
}

// Of another subject, by where its sources are.
TEST(Crash, IsNamedForTheSubjectsFunctions) {
  const std::string said = "==7==ERROR: AddressSanitizer: SEGV on unknown address 0x61\n" +
                           frame(0, &tidemark_pages_unpin) + frame(1, &symbolized);
  const std::string signature = how(crash(said), "/harness/base/stack_traces.cc");
  EXPECT_TRUE(signature.starts_with("AddressSanitizer.SEGV.tidemark::symbolized")) << signature;
  EXPECT_EQ(how(crash(said), "/nowhere/"), "AddressSanitizer.SEGV");
}

TEST(Crash, OtherwiseForWhatTheProcessSaid) {
  EXPECT_EQ(how(crash("Assertion failure: lock.wrong\nwhy\n")), "lock.wrong");
  EXPECT_EQ(how(crash("no idea\n")), "died");
  EXPECT_EQ(how({.fine = false, .timed_out = true, .said = ""}), "hang");
  EXPECT_EQ(how({.fine = true, .timed_out = false, .said = "well\n"}), "");
}

TEST(Crash, ReportSaysWhereInTheSource) {
  const std::string text =
      symbolized("it broke\n" + frame(0, &tidemark_pages_pin) + "the end\n", kSources);
  EXPECT_TRUE(text.starts_with("it broke\n    #0 0x5500  in tidemark_pages_pin ")) << text;
  EXPECT_NE(text.find("/impl/"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("\nthe end\n")) << text;
}

// Who called the subject is the same in every report.
TEST(Crash, ReportEndsWhereTheHarnessCame) {
  const std::string own = frame(0, &tidemark_pages_pin);
  const std::string harness = frame(1, &run_programs_apart);
  const std::string text =
      symbolized(own + harness + "    #2 0x5 (/nowhere+0x99)\n\n" + harness, kSources);
  EXPECT_EQ(text.find("run_programs_apart"), text.rfind("run_programs_apart")) << text;
  EXPECT_LT(text.find("\n\n"), text.find("run_programs_apart")) << text;
  EXPECT_EQ(text.find("#2"), std::string::npos) << text;
}

// What runs in a callback was called by the tracker, and in it: that has to be seen.
TEST(Crash, ReportSaysThatTheHarnessWasInBetween) {
  const std::string harness = frame(1, &run_programs_apart);
  const std::string text = symbolized(
      frame(0, &tidemark_pages_pin) + harness + harness + frame(3, &tidemark_pages_unpin) + harness,
      kSources);
  EXPECT_EQ(text.find("run_programs_apart"), std::string::npos) << text;
  const auto between = text.find("\n    ... the harness, which they called\n    #3 ");
  ASSERT_NE(between, std::string::npos) << text;
  EXPECT_LT(text.find("tidemark_pages_pin"), between) << text;
  EXPECT_GT(text.find("tidemark_pages_unpin"), between) << text;
  EXPECT_EQ(text.find("the harness", between + 10), std::string::npos) << text;
}

// Nobody reads it, and it is longer than the rest.
TEST(Crash, ReportHasNoShadowMemory) {
  EXPECT_EQ(
      symbolized("SUMMARY: it broke\nShadow bytes around the buggy address:\n  0x0c04: fa fa\n"
                 "Shadow byte legend (one shadow byte represents 8 application bytes):\n"
                 "  Freed heap region:       fd\n==7==ABORTING\n",
                 kSources),
      "SUMMARY: it broke\n==7==ABORTING\n");
}

// Strange text is left alone.
TEST(Crash, OddFramesAreNotNamed) {
  for (const char* said : {"    #0 0x1 (+0x)\n", "#1 0x1 )+0x3(\n", "    #0 0x1 (/nowhere+0x99)\n"})
    EXPECT_EQ(symbolized(said, kSources), said);
}

}  // namespace
}  // namespace tidemark
