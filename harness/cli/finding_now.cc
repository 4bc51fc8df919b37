// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding_now.h"

#include "finding_name.h"
#include "registry.h"
#include "replayed.h"

namespace tidemark::cli {
namespace {

// Without the subject's.
std::string_view own_name(const FiledFinding& finding) {
  const std::string label = subject_label(finding.subject) + ".";
  std::string_view name = finding.name;
  if (finding.subject != kTracker && name.starts_with(label)) name.remove_prefix(label.size());
  return name;
}

}  // namespace

Now now_of(const FiledFinding& finding) {
  if (finding.program.empty()) return {kNotJudged, "it did not show alone when it was found"};
  const session::Replayed found =
      session::replayed(session::kThisProgram, finding.subject, finding.folder, kNowSeconds);
  if (!found.verdict) return {kNotJudged, found.text};
  if (*found.verdict == Outcome::agrees) return {kGone, {}};
  // How long what hangs was given is not the same.
  const bool same = found.text == finding.name ||
                    (*found.verdict == Outcome::hangs && is_name_of_hang(own_name(finding)));
  return same ? Now{kStillThere, {}} : Now{kAnother, found.text};
}

}  // namespace tidemark::cli
