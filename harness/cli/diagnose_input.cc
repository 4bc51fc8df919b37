// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "diagnose_input.h"

#include <algorithm>
#include <string>

#include "finding_name.h"
#include "shared_text.h"

namespace tidemark::cli {
namespace {

constexpr unsigned kDiagnosisSeconds = 60;
// Each run of what hangs takes all of its time: it gets less of it.
constexpr unsigned kHangSeconds = 2;
constexpr std::size_t kHangRuns = 30, kMemoryRuns = 40, kCrashRuns = 1000;

Reduction reduce_crash(const UnderTest& tested, const Program& program, const Signature& signature,
                       unsigned seconds) {
  const bool hangs = signature.kind == Kind::hang;
  const unsigned run_seconds = hangs ? std::min(seconds, kHangSeconds) : seconds;
  const std::size_t runs = hangs                                   ? kHangRuns
                           : signature.kind == Kind::out_of_memory ? kMemoryRuns
                                                                   : kCrashRuns;
  const Judge judge = [&tested, run_seconds](const Program& candidate) {
    return judge_apart(tested, candidate, run_seconds);
  };
  Reduction reduction = reduce(program, judge, {.runs = runs});
  // It may have become one that is only slow.
  if (hangs && judge_apart(tested, reduction.program, seconds).signature != signature)
    reduction.program = program;
  return reduction;
}

std::optional<Diagnosed> diagnose_crash(const UnderTest& tested, const Signature& signature,
                                        const Program& program, std::span<const std::uint8_t> input,
                                        unsigned seconds) {
  Reduction reduction = reduce_crash(tested, program, signature, seconds);
  if (!reduction.signature) return std::nullopt;  // not every time
  Diagnosed result;
  result.runs = reduction.runs;
  result.leads = std::move(reduction.leads);
  result.finding.subject = tested.subject;
  result.finding.name = tested.finding_name(name_of(reduction.signature, reduction.program));
  result.finding.input.assign(input.begin(), input.end());
  result.finding.program = reduction.program;
  result.finding.report =
      signature.kind == Kind::hang
          ? "it did not end within " + std::to_string(seconds) + " s\n"
          : symbolized(run_program_apart(tested, reduction.program, seconds).said);
  return result;
}

}  // namespace

std::optional<Diagnosed> diagnose_as(const UnderTest& tested, const Judgement& judgement,
                                     const Program& program, std::span<const std::uint8_t> input,
                                     unsigned seconds) {
  // A smaller program may take the process down though this one does not.
  SharedText said;
  const auto diagnose = [&] {
    // If it is a difference that is known, then no other must hide it.
    const auto lockstep = tested.counting(print(judgement.signature)).lockstep();
    if (const auto found = diagnose_finding(tested, *lockstep, program, input))
      said.become(written(*found));
  };
  if (judgement.crashed || !run_guarded(diagnose, kDiagnosisSeconds).fine)
    return diagnose_crash(tested, judgement.signature, program, input, seconds);
  const auto text = said.text();
  return text ? read_diagnosed(*text) : std::nullopt;
}

std::optional<Diagnosed> diagnose_any(const UnderTest& tested, const Program& program) {
  const Judgement judgement = judge_apart(tested, program);
  if (!judgement.signature) return std::nullopt;
  return diagnose_as(tested, judgement, program, {}, kMostSeconds);
}

}  // namespace tidemark::cli
