// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is made of a program that can be judged from outside alone.
#include "plain_form.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "parsed.h"
#include "program_text.h"
#include "shrink.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;

bool has_pages(const Operation& operation) { return page_range(operation).has_value(); }

// Dies in what reports pages while it tracks a mapping.
Judgement dies(const Program& program) {
  bool mapped = false, tracks = false;
  for (std::size_t i = 0; i < program.operations.size(); ++i) {
    const Operation& operation = program.operations[i];
    mapped |= operation.verb == Verb::map && has_pages(operation);
    tracks |= operation.verb == Verb::start;
    const bool reports = operation.verb == Verb::query ||
                         (operation.verb == Verb::unmap && (operation.flags & kWithBitmap));
    if (mapped && tracks && reports && has_pages(operation))
      return {{.kind = Kind::died}, i, {}, true};
  }
  return {};
}

// The same, but for who ends a migration without having asked.
Judgement dies_at_the_end(const Program& program) {
  Program asked = program;
  asked.operations.push_back(parsed("query 0p 1p").operations[0]);
  return dies(asked);
}

std::string plain(const char* program, const ReductionLimits& limits = {}) {
  return print(reduce_to_plain_form(parsed(program), dies, limits).program);
}

TEST(PlainForm, IsTheSameWhicheverWayItWasComeTo) {
  for (const char* program :
       {"container v2 entries=77\nstart\nmap 40p 3p rw\nunmap 41p 1p bitmap\nstop\n",
        "container v2 store=sparse\nattach g0 emulated\nstart\nmap 4096p 300p r\nquery 4099p 7p\n",
        "container v2\nmap 7p 1p rw\nstart\nwindow d1: query 7p 1p\nunmap 7p 1p\n"})
    EXPECT_EQ(plain(program), "container v2\nmap 0p 1p rw\nstart\nquery 0p 1p\n") << program;
}

TEST(PlainForm, WhatShowsBehindTheProgramIsShownInAQuery) {
  const Program program = parsed("attach g0 emulated\nmap 40p 3p rw\nstart\nstop\n");
  const Reduction found = reduce_to_plain_form(program, dies_at_the_end, {});
  EXPECT_EQ(print(found.program), "container v2\nmap 0p 1p rw\nstart\nquery 0p 1p\n");
}

TEST(PlainForm, NeitherRunsNorTimeAreExceeded) {
  const Program program = parsed("start\nmap 40p 3p rw\nstop\nstart\nunmap 41p 1p bitmap\nstop\n");
  std::size_t told = 0;
  ReductionLimits few{.runs = 7};
  few.watch = [&told](std::size_t operations, std::size_t runs) {
    EXPECT_LE(operations, 6u);
    EXPECT_GT(runs, std::exchange(told, runs));
  };
  EXPECT_EQ(reduce_to_plain_form(program, dies, few).runs, 7u);
  EXPECT_EQ(told, 7u);
  const Reduction late = reduce_to_plain_form(program, dies, {.until = Clock::now()});
  EXPECT_EQ(late.runs, 1u);
  EXPECT_TRUE(late.signature) << "it is a program that fails all the same";
}

}  // namespace
}  // namespace tidemark
