// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// D21, D22, B11: what is said to cost too much.
#include "costs.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <ostream>
#include <string>

#include "support.h"

namespace tidemark {
namespace {

struct CostCase {
  const char* name;
  const char* before;     // operations that ran
  const char* operation;  // the one that is judged
  std::int64_t result;
  CallCost most;  // that it may cost; 0 steps: it is not judged by them
};

void PrintTo(const CostCase& c, std::ostream* out) { *out << c.name; }

constexpr const char* kOnePage = "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nstart";
constexpr const char* kOneOfRanges =
    "container v2 store=ranges\nattach g0 emulated\nenroll d0\nmap 0p 1p rw\nstart";
constexpr const char* kSeven =
    "map 0p 1p rw\nmap 2p 1p rw\nmap 4p 1p rw\nmap 6p 1p rw\nmap 8p 1p rw\nmap 10p 1p rw\n"
    "map 12p 1p rw\nstart";

constexpr CostCase kCostCases[] = {
    {"Query", kOnePage, "query 0p 1p", 0, {0, 24 + 6 * 4 + (24 + 2)}},
    {"QueryThatFailed", kOnePage, "query 0p 1p", -EINVAL, {0, 0}},
    {"QueryBesideOthers", kSeven, "query 4p 3p", 0, {0, 24 + 6 * 8 + 2 * (24 + 2)}},
    {"QueryOfLargePages", "attach g0 hardware=2\nstart", "query 0p 16p", 0, {0, 0}},
    {"QueryWithAPin",
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nstart\npin d0 0p 1p rw",
     "query 0p 1p",
     0,
     {0, 24 + 6 * 4 + (24 + 4) + 4}},
    {"MapWithoutMarks", "attach g0 emulated", "map 0p 504p rw", 0, {512, 24 + 3 * 2}},
    {"MapWithMarks", "start", "map 0p 504p rw", 0, {512 + 63 + 1 + 64, 24 + 3 * 2}},
    {"Start", "map 0p 504p rw\nmap 1000p 1p rw", "start", 0, {63 + 1 + 64 + 64, 0}},
    {"MapIntoASparseStore", "container v2 store=sparse\nstart", "map 0p 504p rw", 0, {512, 30}},
    {"StartOfASparseStore", "container v2 store=sparse\nmap 0p 504p rw", "start", 0, {0, 0}},
    {"StartOfASparseStoreWithAPin",
     "container v2 store=sparse\nattach g0 emulated\nenroll d0\nmap 0p 504p rw\npin d0 0p 1p rw",
     "start",
     0,
     {6144, 0}},
    {"MapAmongRanges", "container v2 store=ranges\nstart", "map 0p 504p rw", 0, {512 + 64, 30}},
    {"StartOfRangesWithAPin",
     "container v2 store=ranges\nattach g0 emulated\nenroll d0\nmap 0p 504p rw\npin d0 0p 1p rw",
     "start",
     0,
     {64 + 128, 0}},
    {"QueryOfRanges", kOneOfRanges, "query 0p 1p", 0, {128, 24 + 6 * 4 + (24 + 2) + 8 * 8 + 64}},
    {"PinAmongRanges", kOneOfRanges, "pin d0 0p 1p rw", 1, {256 + 128, 4 + 2 * 4 + 6 + 4 + 1}},
    {"WriteAmongRanges", kOneOfRanges, "write 0p 8", 0, {128, 2 * 4 + 8 + 2}},
    {"UnmapAmongRanges",
     kOneOfRanges,
     "unmap 0p 1p",
     0,
     {0, 24 + 6 * 4 + 4 + 24 + 2 + 8 * 8 + 64 + 3}},
    {"Pin", kOnePage, "pin d0 0p 2p rw", -EINVAL, {512, 0}},
    {"PinOfAPage", kOnePage, "pin d0 0p 1p rw", 1, {256, 4 + 2 * 4 + 4 + 1}},
    {"Write", kOnePage, "write 0p 8", 0, {0, 2 * 4}},
    {"Unmap", kOnePage, "unmap 0p 1p", 0, {0, 24 + 6 * 4 + 4 + 24 + 2}},
    {"Attach", "", "attach g1 emulated", 0, {512 + 9 * 64, 0}},
    {"Info", "", "info", 0, {512 + 9 * 64, 0}},
};

class ACost : public testing::TestWithParam<CostCase> {
 protected:
  // What is said of a call that costs so much.
  static Kind said(const CallCost& cost) {
    const CostCase& c = GetParam();
    Executor executor;
    run_all(executor, c.before, make_tracker);
    Costs costs(executor);
    costs.reset();
    costs.tracking_switched(std::string(c.before).find("start") != std::string::npos);
    const Operation operation = program_of(c.operation).operations.at(0);
    Step step;
    step.first = executor.resolve(operation.address);
    step.size = executor.resolve(operation.size);
    costs.operation_runs(operation, step);
    constexpr LockUse kOnce = {1, 0, 0};
    costs.call_returned({operation.verb, c.result, 0, &kOnce, &cost});
    const auto excess = costs.take();
    return excess ? excess->kind : Kind::none;
  }
};

TEST_P(ACost, MayBeSoMuch) { EXPECT_EQ(said(GetParam().most), Kind::none); }

TEST_P(ACost, MayNotBeMoreMemory) {
  EXPECT_EQ(said({GetParam().most.bytes + 1, 0}), Kind::too_much_memory);
}

TEST_P(ACost, MayNotBeMoreSteps) {
  const std::uint64_t most = GetParam().most.steps;
  EXPECT_EQ(said({0, most + 1}), most ? Kind::too_many_steps : Kind::none);
}

INSTANTIATE_TEST_SUITE_P(D22, ACost, testing::ValuesIn(kCostCases),
                         [](const auto& made) { return std::string(made.param.name); });

// Counted by the tracker itself: the second query costs what the first one did, although
// there are 64 mappings below it then.
TEST(B11, WhatLiesBeforeTheRangeCostsNoStep) {
  Executor executor;
  run_all(executor, "map 1000p 1p rw\nstart\nquery 1000p 1p", make_tracker);
  const std::uint64_t alone = executor.subject().cost()->steps;
  std::string many;
  for (int i = 0; i < 63; ++i) many += "map " + std::to_string(2 * i) + "p 1p rw\n";
  run_all(executor, many + "map 1000p 1p rw\nstart\nquery 1000p 1p", make_tracker);
  EXPECT_GT(alone, 0u);
  EXPECT_LE(executor.subject().cost()->steps, alone + 5 * 2 * 6);
}

}  // namespace
}  // namespace tidemark
