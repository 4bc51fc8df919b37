// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "older_tracker.h"

#include <string>
#include <string_view>

#include "files.h"
#include "outcome.h"
#include "registry.h"
#include "subprocess.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;

// From what replay says: "FILE: crashes: SIGNATURE", on a line.
std::string failure_in(std::string_view said) {
  for (const Outcome outcome : {Outcome::diverges, Outcome::crashes, Outcome::hangs}) {
    const std::string verdict = ": " + std::string(word(outcome)) + ": ";
    const auto at = said.find(verdict);
    if (at == std::string_view::npos) continue;
    const auto rest = said.substr(at + verdict.size());
    return std::string(rest.substr(0, rest.find('\n')));
  }
  return {};
}

std::string failure_of(const fs::path& program, const fs::path& folder, unsigned seconds) {
  const Ending ending =
      run_program({program, "replay", "--quiet", "--subject", std::string(kTracker), "--", folder},
                  seconds + kMoreSeconds);
  return ending.timed_out ? print(Signature{.kind = Kind::hang}) : failure_in(ending.said);
}

}  // namespace

bool fails_alike(const OlderTracker& older, const Finding& finding, unsigned seconds) {
  if (!finding.program) return false;
  const TemporaryFolder place;
  const fs::path folder = FindingStore(place.path / "findings").file(finding).folder;
  const std::string now = failure_of("/proc/self/exe", folder, seconds);
  return !now.empty() && now == failure_of(older.program, folder, seconds);
}

}  // namespace tidemark::session
