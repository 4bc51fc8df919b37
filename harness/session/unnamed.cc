// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "unnamed.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "end_report.h"
#include "finding_name.h"
#include "handed_over.h"
#include "isolation.h"
#include "stack_traces.h"

namespace tidemark::session {
namespace {

Finding unfinished(const UnderTest& tested, const std::string& name,
                   const std::vector<std::uint8_t>& bytes) {
  Finding finding;
  finding.subject = tested.subject;
  finding.name = tested.finding_name(name);
  finding.input = bytes;
  return finding;
}

// The lines on where it ended, of which no more is known than the step.
std::string lines_of_step(const Finding& finding, const Signature& signature, std::size_t step,
                          const Program& program) {
  const StepAt at{1, step};
  return lines_of_end({signature, {}, 0, at, 1}, program, finding.name);
}

}  // namespace

std::string reason_for(const std::filesystem::path& input) {
  const std::string file = input.filename().string();
  for (const auto& [prefix, reason] :
       {std::pair(kLongPrefix, kHang), {"oom-", kOutOfMemory}, {"leak-", kLeaked}})
    if (file.starts_with(prefix)) return reason;
  return "crash";
}

Finding not_reduced(const UnderTest& tested, const Suspect& suspect, unsigned seconds) {
  const Signature& signature = suspect.judgement->signature;
  const Program& program = suspect.program;
  Finding finding = unfinished(tested, name_of(signature, program), suspect.bytes);
  finding.program = program;
  if (suspect.how.step)
    finding.report = lines_of_step(finding, signature, *suspect.how.step, program);
  finding.report += fmt::format(
      "\nmaking it small took more than {} s: this is the program as it was\n", seconds);
  return finding;
}

Finding seen_in_short(Finding finding, unsigned seconds) {
  finding.report += fmt::format(
      "\nnaming it took more than {} s, so that nobody has seen it run for longer\n", seconds);
  return finding;
}

Finding not_reproduced(const UnderTest& tested, const Suspect& suspect) {
  constexpr std::size_t kMostSaid = 8000;
  const std::string reason = reason_for(suspect.input);
  const ProcessEnd& how = suspect.how;
  Finding finding = unfinished(tested, reason + ".not-reproduced", suspect.bytes);
  const Signature signature = reason == kHang          ? Signature{.kind = Kind::hang}
                              : reason == kOutOfMemory ? Signature{.kind = Kind::out_of_memory}
                                                       : signature_of({.said = how.said});
  if (how.step)
    finding.report = lines_of_step(finding, signature, *how.step, suspect.program) + "\n";
  finding.report +=
      "a fuzzing process ended on this input; replaying it shows nothing.\n"
      "The last that it printed:\n\n" +
      symbolized(how.said.substr(how.said.size() - std::min(how.said.size(), kMostSaid)),
                 tested.sources);
  return finding;
}

}  // namespace tidemark::session
