// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Every program of three operations in a world of four pages and two mappings,
// on the tracker and the reference in lockstep.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "program_text.h"
#include "support.h"

namespace tidemark {
namespace {

constexpr std::size_t kLength = 3;

// Behind the container and its groups: two mappings of two pages each, and a
// device that pins for group 0.
constexpr const char* kPrefix = R"(
    enroll d0
    map 0p 2p rw
    map 2p 2p rw
    start
)";

constexpr const char* kOperations = R"(
    map 0p 2p rw
    map 2p 2p r
    unmap 0p 2p
    unmap 2p 2p bitmap
    unmap 0p 4p bitmap
    unmap 0 0 all
    query 0p 4p
    query 0p 2p
    query 2p 2p
    query 0p 4p fault=bitmap-write+0
    start
    stop
    pin d0 1p 2p rw
    pin d0 3p 1p r
    pin d1 0p 1p rw
    unpin d0 1p 2p
    write 1p-4 8
    write 2p-4 8
    dma d0 1p 8
    dma g1 3p 8
    attach g1 hardware=0
    detach g1
    detach g0
    attach g0 emulated
    enroll d1
    withdraw d0
    window d0: stop
    window d0: write 0p 8
)";

// The prefix, and behind it operations[n], n being the digits of `number`.
void compose(std::size_t number, const std::vector<Operation>& operations, Program& program) {
  for (std::size_t i = 0; i < kLength; ++i) {
    program.operations[program.operations.size() - 1 - i] = operations[number % operations.size()];
    number /= operations.size();
  }
}

std::size_t programs_of(std::size_t operations) {
  std::size_t programs = 1;
  for (std::size_t i = 0; i < kLength; ++i) programs *= operations;
  return programs;
}

class SmallWorld : public testing::TestWithParam<const char*> {};

TEST_P(SmallWorld, EveryProgramAgrees) {
  const std::vector<Operation> operations = program_of(kOperations).operations;
  Program program = program_of(std::string(GetParam()) + kPrefix);
  program.operations.resize(program.operations.size() + kLength);
  const std::size_t programs = programs_of(operations.size());

  const auto before = std::chrono::steady_clock::now();
  Lockstep lockstep(make_tracker, make_reference);
  for (std::size_t number = 0; number < programs; ++number) {
    compose(number, operations, program);
    const auto mismatch = lockstep.run(program);
    ASSERT_FALSE(mismatch.has_value()) << print(mismatch->signature) << "\n"
                                       << describe(*mismatch, program) << print(program);
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - before;
  std::printf("%zu programs in %.1f s\n", programs, passed.count());
}

INSTANTIATE_TEST_SUITE_P(Rules, SmallWorld,
                         testing::Values("container v2 rule=exact\nattach g0 emulated",
                                         "container v2 rule=whole\nattach g0 emulated",
                                         "container v2 rule=any\nattach g0 emulated",
                                         "container v2 memlock=2\nattach g0 emulated",
                                         "container v2 rule=any\nattach g0 hardware=0",
                                         "container v2 memlock=4\nattach g0 hardware=0\n"
                                         "attach g1 hardware=6",
                                         "container v1\nattach g0 emulated",
                                         "container v1\nattach g0 hardware=0"),
                         [](const auto& made) {
                           const std::string setup = made.param;
                           std::string name;
                           for (const char c : setup.substr(10))
                             if (c != ' ' && c != '=' && c != '\n') name += c;
                           return name;
                         });

}  // namespace
}  // namespace tidemark
