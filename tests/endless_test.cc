// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which function has no end is said of programs that hang, wait, or take all memory.
#include "endless.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "end_report.h"
#include "factories.h"
#include "liar.h"
#include "lockstep.h"
#include "parsed.h"

extern "C" void __sanitizer_print_stack_trace() __attribute__((weak));

namespace tidemark {
namespace {

volatile int stays_in_it = 1;
volatile unsigned sink = 0;

[[gnu::noinline]] void work_a_little(unsigned times) {
  for (unsigned i = 0; i < times; ++i) sink = sink + i;
}
extern "C" {
[[gnu::noinline]] void pass_over_all() {
  while (stays_in_it) {
    work_a_little(1000);
    for (unsigned i = 0; i < 1000; ++i) sink = sink ^ i;
  }
}
[[gnu::noinline]] void wait_for_ever() {
  while (stays_in_it) pause();
}
[[gnu::noinline]] void keep_all() {
  static std::vector<std::unique_ptr<std::vector<char>>> kept;
  while (stays_in_it) {
    kept.push_back(std::make_unique<std::vector<char>>(1 << 16, 'x'));
    work_a_little(100'000);
  }
}
}

template <void (*last)()>
void slow_at_first() {
  static int calls = 0;
  if (++calls == 1)
    work_a_little(100'000'000);
  else
    last();
}

// The first unmap takes its time, and ends.
template <void (*last)()>
std::string function_of() {
  UnderTest tested = the_tracker();
  tested.sources = "/tests/endless_test.cc";
  tested.make = [](std::string_view) {
    return std::make_unique<Lockstep>(
        [](const Setup& setup, World& world) {
          return make_liar(Lie::none, make_tracker(setup, world), world, slow_at_first<last>);
        },
        make_reference);
  };
  return function_without_end(tested, parsed("map 0p 1p rw\nunmap 0p 1p\nunmap 0p 1p\nstart\n"));
}

// Nothing else says where a process is.
std::string if_sanitized(const char* function) {
  return __sanitizer_print_stack_trace ? function : "";
}

TEST(AFunctionWithoutEnd, IsNotThatWhichItCalls) {
  EXPECT_EQ(function_of<pass_over_all>(), if_sanitized("pass_over_all"));
}

TEST(AFunctionWithoutEnd, MayWait) {
  EXPECT_EQ(function_of<wait_for_ever>(), if_sanitized("wait_for_ever"));
}

TEST(AFunctionWithoutEnd, MayTakeAllMemory) {
  EXPECT_EQ(function_of<keep_all>(), if_sanitized("keep_all"));
}

TEST(AFunctionWithoutEnd, StandsInTheNameForWhatTheProgramHas) {
  const Program program =
      parsed("attach g0 emulated\nenroll d0\nmap 0p 1p rw\npin d0 0p 1p rw\nquery 0p 1p\n");
  const StepAt at{1, 5};
  const auto lines = [&](const char* name) {
    return lines_of_end({{.kind = Kind::hang}, {}, 2, at, 1}, program, name);
  };
  EXPECT_NE(lines("hang.pin").find("pin: it has the operation pin"), std::string::npos);
  EXPECT_EQ(lines("hang.unmap_pass").find("it has the operation"), std::string::npos);
}

void nothing() {}
TEST(AFunctionWithoutEnd, IsNoneOfWhatEnds) { EXPECT_EQ(function_of<nothing>(), ""); }

}  // namespace
}  // namespace tidemark
