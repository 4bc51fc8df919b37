// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "older_tracker.h"

#include <string>

#include "files.h"
#include "registry.h"
#include "replayed.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;

// Empty: it does not fail.
std::string failure_of(const fs::path& program, const fs::path& folder, unsigned seconds) {
  const Replayed found = replayed(program, std::string(kTracker), folder, seconds + kMoreSeconds);
  return found.verdict && is_finding(*found.verdict) ? found.text : "";
}

}  // namespace

bool fails_alike(const OlderTracker& older, const Finding& finding, unsigned seconds) {
  if (!finding.program) return false;
  const TemporaryFolder place;
  const fs::path folder = FindingStore(place.path / "findings").file(finding).folder;
  const std::string now = failure_of(kThisProgram, folder, seconds);
  return !now.empty() && now == failure_of(older.program, folder, seconds);
}

}  // namespace tidemark::session
