// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding_now.h"

#include "replayed.h"

namespace tidemark::cli {

Now now_of(const FiledFinding& finding) {
  if (finding.program.empty()) return {kNotJudged, "it did not show alone when it was found"};
  const session::Replayed found =
      session::replayed(session::kThisProgram, finding.subject, finding.folder, kNowSeconds);
  if (!found.verdict) return {kNotJudged, found.text};
  if (*found.verdict == Outcome::agrees) return {kGone, {}};
  // How long what hangs was given is not the same.
  const bool hung = finding.name.find("hang") != std::string::npos;
  const bool same = found.text == finding.name || (*found.verdict == Outcome::hangs && hung);
  return same ? Now{kStillThere, {}} : Now{kAnother, found.text};
}

}  // namespace tidemark::cli
