// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A fuzzing session: processes of an engine that are started, watched and replaced, what
// they find, and how far they are.
#pragma once

#include <filesystem>
#include <optional>

#include "older_tracker.h"
#include "registry.h"

namespace tidemark::session {

struct Options {
  UnderTest tested;
  std::filesystem::path target;  // the fuzz target
  std::filesystem::path seeds;   // to start from
  std::filesystem::path work;    // of this session alone: the corpus that grows, leftovers
  std::filesystem::path findings;
  bool known = false;     // find also what the subject is known to differ in
  bool json = false;      // lines of JSON on standard output, text for people beside it
  unsigned seconds = 60;  // how long it fuzzes; naming what is left may take longer
  unsigned timeout = 0;   // seconds after which a program hangs
  unsigned processes = 1;
  std::optional<OlderTracker> older = {};  // what it does wrong as well is not filed
};

enum class Outcome { nothing, found, failed };

// Until the time is up, or an interrupt comes: the first ends it soon, the second at once.
// Failed: it ran nothing, or a process ended in a way that is no finding, which standard
// error tells. Sets the environment for its children and handlers for signals, once a
// process. Throws std::system_error if a folder cannot be written.
Outcome run(const Options& options);

}  // namespace tidemark::session
