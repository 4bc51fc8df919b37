// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding_now.h"

#include <fmt/core.h>

#include "finding_name.h"
#include "isolation.h"
#include "registry.h"
#include "replayed.h"

namespace tidemark::cli {
namespace {

constexpr unsigned kSoonSeconds = 3;
// Of the process that replays it, and has the limit for the program itself.
constexpr unsigned kReplaySeconds = 2 * kMostSeconds;

// Of a name with the label of the finding's subject before it, or without.
Kind limit_in(const FiledFinding& finding, std::string_view name) {
  const std::string label = subject_label(finding.subject) + ".";
  if (finding.subject != kTracker && name.starts_with(label)) name.remove_prefix(label.size());
  return limit_met_in(name);
}

}  // namespace

Now now_of(const FiledFinding& finding) {
  if (finding.program.empty()) return {kNotJudged, "it did not show alone when it was found"};
  unsigned past = 0;
  const auto say_what_takes_long = [&] {
    if (++past == kSoonSeconds)
      fmt::print(stderr, "tidemark: replaying {}, which may take {} s of a processor\n",
                 finding.name, kMostSeconds);
  };
  const session::Replayed found = session::replayed(
      session::kThisProgram, finding.subject, finding.folder, kReplaySeconds, say_what_takes_long);
  if (!found.verdict) return {kNotJudged, found.text};
  if (*found.verdict == Outcome::agrees) return {kGone, {}};
  if (found.text == finding.name) return {kStillThere, {}};
  // How long what hangs was given is not the same, nor so which of two limits it meets.
  const Kind was = limit_in(finding, finding.name);
  if (was == Kind::hang && *found.verdict == Outcome::hangs) return {kStillThere, {}};
  const Kind is = limit_in(finding, found.text);
  if (was != Kind::none && is != Kind::none && is != was)
    return {kStillThere, std::string(word(is))};
  return {kAnother, found.text};
}

}  // namespace tidemark::cli
