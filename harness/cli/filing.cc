// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "filing.h"

#include "apart.h"

namespace tidemark::cli {
namespace {

// The lockstep's own findings can be looked at from inside the process; what
// takes the process down cannot.
bool survives(const std::string& signature) {
  return signature.starts_with("lockstep.") || signature.starts_with("migration.");
}

Diagnosed diagnose_crash(const Program& program, std::span<const std::uint8_t> input) {
  Reduction reduction = reduce(program, judge_apart);
  Diagnosed result;
  result.runs = reduction.runs;
  result.leads = std::move(reduction.leads);
  result.finding.signature = reduction.signature + "." + doings(reduction.program);
  result.finding.input.assign(input.begin(), input.end());
  result.finding.program = reduction.program;
  const Ending ending = run_apart(
      [&reduction] {
        Lockstep lockstep;
        lockstep.run(reduction.program);
      },
      10);
  result.finding.report = ending.timed_out ? "it did not end\n" : symbolized(ending.said);
  return result;
}

}  // namespace

std::optional<Diagnosed> diagnose_any(const Program& program, std::span<const std::uint8_t> input) {
  const Judgement judgement = judge_apart(program);
  if (judgement.signature.empty()) return std::nullopt;
  if (!survives(judgement.signature)) return diagnose_crash(program, input);
  Lockstep lockstep;
  const auto diagnosis = diagnose(lockstep, program);
  if (!diagnosis) return std::nullopt;
  return Diagnosed{make_finding(lockstep, *diagnosis, input), diagnosis->runs, diagnosis->leads};
}

}  // namespace tidemark::cli
