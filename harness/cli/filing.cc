// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "filing.h"

#include "crash.h"

namespace tidemark::cli {
namespace {

constexpr unsigned kDiagnosisSeconds = 60;
constexpr unsigned kRunSeconds = 10;

// The lockstep's own findings can be looked at from inside the process; what
// takes the process down cannot.
bool survives(const std::string& signature) {
  return signature.starts_with("lockstep.") || signature.starts_with("migration.");
}

// `hangs`: each run of it takes the whole time limit.
Diagnosed diagnose_crash(const Program& program, std::span<const std::uint8_t> input, bool hangs) {
  Reduction reduction = reduce(program, judge_apart, {.runs = hangs ? 30u : 1000u});
  Diagnosed result;
  result.runs = reduction.runs;
  result.leads = std::move(reduction.leads);
  result.finding.signature = reduction.signature;
  if (const std::string what = doings(reduction.program); !what.empty())
    result.finding.signature += "." + what;
  result.finding.input.assign(input.begin(), input.end());
  result.finding.program = reduction.program;
  const Ending ending = run_apart(
      [&reduction] {
        Lockstep lockstep;
        lockstep.run(reduction.program);
      },
      kRunSeconds);
  result.finding.report = ending.timed_out ? "it did not end\n" : symbolized(ending.said);
  return result;
}

}  // namespace

std::optional<Diagnosed> diagnose_any(const Program& program, std::span<const std::uint8_t> input) {
  const Judgement judgement = judge_apart(program);
  if (judgement.signature.empty()) return std::nullopt;
  // A smaller program may take the process down though this one does not: all of
  // the reduction is tried in a child first.
  const auto whole = [&program] {
    Lockstep lockstep;
    diagnose(lockstep, program);
  };
  if (!survives(judgement.signature) || !run_apart(whole, kDiagnosisSeconds).fine)
    return diagnose_crash(program, input, judgement.signature == "hang");
  Lockstep lockstep;
  const auto diagnosis = diagnose(lockstep, program);
  if (!diagnosis) return std::nullopt;
  return Diagnosed{make_finding(lockstep, *diagnosis, input), diagnosis->runs, diagnosis->leads};
}

}  // namespace tidemark::cli
