// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The tracker as it was at an earlier revision: what that does wrong as well is nothing new.
#pragma once

#include <filesystem>
#include <string>

#include "finding.h"

namespace tidemark::session {

struct OlderTracker {
  std::filesystem::path program;  // the one behind ./tidemark, linked with that tracker
  std::string revision;           // as its user calls it
};

// For what is no part of a program's time: to start, and to name a crash.
inline constexpr unsigned kMoreSeconds = 10;

// Does it fail on the finding's program as the tracker in this program does, with the same
// signature? Both replay it, each in a process of its own. False if the finding has no program, if
// that shows nothing alone, and if the older program cannot be run. What takes longer than
// `seconds` and kMoreSeconds hangs. Cost: some tenths of a second, for what hangs twice its time.
// Throws std::system_error if there can be no child, or no folder for the program.
bool fails_alike(const OlderTracker& older, const Finding& finding, unsigned seconds);

}  // namespace tidemark::session
