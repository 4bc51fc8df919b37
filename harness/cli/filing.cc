// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "filing.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "check.h"
#include "crash.h"

namespace tidemark::cli {
namespace {

constexpr unsigned kDiagnosisSeconds = 60;
// Each run of what hangs takes all of its time: it gets less of it.
constexpr unsigned kHangSeconds = 2;
constexpr std::size_t kHangRuns = 30, kMemoryRuns = 100, kCrashRuns = 1000;

bool has_too_much() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) / 1024 > kMostMemoryMib;
}

// In a child. No limit of the kernel's counts resident memory, and sanitizers
// reserve terabytes.
void watch_memory() {
  std::thread([] {
    while (!has_too_much()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    fail("out-of-memory");
  }).detach();
}

Ending run_within(const Program& program, unsigned seconds) {
  return run_apart(
      [&program] {
        watch_memory();
        Lockstep lockstep;
        const Judgement judgement = judge(lockstep, program);
        if (!judgement.signature.empty()) fail(judgement.signature);
      },
      seconds);
}

Reduction reduce_crash(const Program& program, const std::string& signature, unsigned seconds) {
  const bool hangs = signature == "hang";
  const unsigned run_seconds = hangs ? std::min(seconds, kHangSeconds) : seconds;
  const std::size_t runs = hangs                          ? kHangRuns
                           : signature == "out-of-memory" ? kMemoryRuns
                                                          : kCrashRuns;
  const Judge judge = [run_seconds](const Program& candidate) {
    return judge_within(candidate, run_seconds);
  };
  Reduction reduction = reduce(program, judge, {.runs = runs});
  // It may have become one that is only slow.
  if (hangs && judge_within(reduction.program, seconds).signature != signature)
    reduction.program = program;
  return reduction;
}

std::optional<Diagnosed> diagnose_crash(const std::string& signature, const Program& program,
                                        std::span<const std::uint8_t> input, unsigned seconds) {
  Reduction reduction = reduce_crash(program, signature, seconds);
  if (reduction.signature.empty()) return std::nullopt;  // not every time
  Diagnosed result;
  result.runs = reduction.runs;
  result.leads = std::move(reduction.leads);
  result.finding.signature = reduction.signature;
  if (const std::string what = doings(reduction.program); !what.empty())
    result.finding.signature += "." + what;
  result.finding.input.assign(input.begin(), input.end());
  result.finding.program = reduction.program;
  result.finding.report = signature == "hang"
                              ? "it did not end within " + std::to_string(seconds) + " s\n"
                              : symbolized(run_within(reduction.program, seconds).said);
  return result;
}

}  // namespace

bool survives(const std::string& signature) {
  return signature.starts_with("lockstep.") || signature.starts_with("migration.");
}

Judgement judge_within(const Program& program, unsigned seconds) {
  // Which operation it was is not known, only that there is none after the last.
  return {signature_of(run_within(program, seconds)), program.operations.size(), {}};
}

std::optional<Diagnosed> diagnose_as(const std::string& signature, const Program& program,
                                     std::span<const std::uint8_t> input, unsigned seconds) {
  // A smaller program may take the process down though this one does not: all of
  // the reduction is tried in a child first.
  const auto whole = [&program] {
    watch_memory();
    Lockstep lockstep;
    diagnose(lockstep, program);
  };
  if (!survives(signature) || !run_apart(whole, kDiagnosisSeconds).fine)
    return diagnose_crash(signature, program, input, seconds);
  Lockstep lockstep;
  const auto diagnosis = diagnose(lockstep, program);
  if (!diagnosis) return std::nullopt;
  return Diagnosed{make_finding(lockstep, *diagnosis, input), diagnosis->runs, diagnosis->leads};
}

std::optional<Diagnosed> diagnose_any(const Program& program) {
  const std::string signature = judge_within(program, kMostSeconds).signature;
  if (signature.empty()) return std::nullopt;
  return diagnose_as(signature, program, {}, kMostSeconds);
}

}  // namespace tidemark::cli
