// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Reduces one failing program, drowned in operations that have nothing to do
// with it, and says in JSON what that took. Linked with the tracker that has the
// bug, so that what runs is what a fuzzing process runs.
#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>
#include <system_error>

#include "diagnosis.h"
#include "factories.h"
#include "files.h"
#include "isolation.h"
#include "program_bytes.h"
#include "program_file.h"
#include "program_text.h"

namespace {

using namespace tidemark;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kManyOperations = 500;
constexpr int kReplays = 100;

Operation random_operation(std::mt19937_64& random) {
  std::array<std::uint8_t, kRecordBytes> record;
  for (std::uint8_t& byte : record) byte = static_cast<std::uint8_t>(random());
  return decode_operation(record);
}

// As it is, up to where it fails.
bool truncate_to_failure(Program& program, const Judgement& judgement) {
  if (judgement.operation < program.operations.size())
    program.operations.resize(judgement.operation + 1);
  return static_cast<bool>(judgement.signature);
}

// Operations come in where the end still fails. Among many operations the bug
// may show earlier, when whole states are compared: under another signature, but
// not much earlier.
Program drowned(Program program, const Judge& judge, std::size_t operations) {
  constexpr std::size_t kEarlier = 2;
  std::mt19937_64 random(20200327);
  program.expectations.clear();  // they go by place
  truncate_to_failure(program, judge(program));
  for (std::size_t tries = 20 * operations; program.operations.size() < operations && tries--;) {
    Program candidate = program;
    const auto at = static_cast<std::ptrdiff_t>(random() % candidate.operations.size());
    candidate.operations.insert(candidate.operations.begin() + at, random_operation(random));
    if (truncate_to_failure(candidate, judge(candidate)) &&
        candidate.operations.size() + kEarlier >= program.operations.size())
      program = std::move(candidate);
  }
  return program;
}

// What sets the scene: the rest is what the bug needs.
bool is_setting_up(const Operation& operation) {
  return operation.when == When::now &&
         (operation.verb == Verb::attach || operation.verb == Verb::enroll ||
          operation.verb == Verb::map || operation.verb == Verb::start);
}

int replays(const Program& program, const Judge& judge, const Signature& signature) {
  int same = 0;
  for (int i = 0; i < kReplays; ++i) same += judge(program).signature == signature;
  return same;
}

nlohmann::json measured(const Program& program, const Judge& judge) {
  const auto started = Clock::now();
  const Reduction reduction = reduce(program, judge);
  const std::chrono::duration<double, std::milli> took = Clock::now() - started;
  const auto& operations = reduction.program.operations;
  return {{"signature", print(reduction.signature)},
          {"before", program.operations.size()},
          {"after", operations.size()},
          {"beside_set_up",
           std::ranges::count_if(operations, [](const auto& o) { return !is_setting_up(o); })},
          {"runs_to_minimal", reduction.runs_to_minimal},
          {"runs", reduction.runs},
          {"milliseconds", took.count()},
          {"replays", replays(reduction.program, judge, reduction.signature)}};
}

int measure(const char* path, const char* bytes_path, bool all_apart) {
  const auto loaded = load_program(path);
  if (const auto* message = std::get_if<std::string>(&loaded)) {
    fmt::print(stderr, "{}\n", *message);
    return 2;
  }
  const Program& program = std::get<LoadedProgram>(loaded).program;
  Lockstep lockstep(make_tracker, make_reference);
  const Judge inside = [&lockstep](const Program& p) { return tidemark::judge(lockstep, p); };
  const Judgement verdict = judge_apart(the_tracker(), program);
  const Signature& signature = verdict.signature;
  const bool in_process = !verdict.crashed && !all_apart;
  const Judge apart = [](const Program& p) { return judge_apart(the_tracker(), p); };
  const Judge judge = in_process ? inside : apart;

  nlohmann::json result = {{"signature", print(signature)}, {"in_process", in_process}};
  if (signature && bytes_path) {
    const Program small = drowned(program, judge, kMaxOperations - 1);
    const auto bytes = encode(fuzzable(small));
    if (bytes) {
      write_file(bytes_path, characters(*bytes), Survives::process);
      result["bytes"] = measured(small, judge);
    }
    result["many"] = measured(drowned(program, judge, kManyOperations), judge);
  }
  fmt::print("{}\n", result.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool all_apart = argc == 4 && argv[3] == std::string_view("apart");
  if (argc != 2 && argc != 3 && !all_apart) {
    fmt::print(stderr,
               "Usage: reduce_measure FILE [BYTES [apart]]\n"
               "Says what FILE does wrong; with BYTES, reduces it out of {} operations,\n"
               "and out of {} that are written to BYTES. With \"apart\", each program runs\n"
               "in a child.\n",
               kManyOperations, kMaxOperations - 1);
    return 2;
  }
  int code = 2;
  try {
    code = measure(argv[1], argc > 2 ? argv[2] : nullptr, all_apart);
  } catch (const std::system_error& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  std::fflush(stdout);
  // What the tracker with the bug has leaked is not ours to report.
  std::_Exit(code);
}
