// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A fuzzing session: processes of an engine that are started, watched and replaced, what
// they find, and how far they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "files.h"
#include "found.h"
#include "live_line.h"
#include "older_tracker.h"
#include "registry.h"

namespace tidemark::session {

// How far a session is, for whoever watches it.
struct Snapshot {
  const Live& live;  // without programs_per_second
  std::uint64_t programs, operations;
  const std::map<std::string, std::size_t>& times;  // by a finding's name
  const std::map<Signature, Crashes>& crashes;
  const std::map<std::string, std::size_t>& ends;  // other than by findings: how, and how often
  const std::vector<std::string>& results;  // that the inputs it began with came to (met_results.h)
};

struct Options {
  UnderTest tested;
  std::filesystem::path target;  // the fuzz target, as its engine wants it
  std::filesystem::path seeds;   // to start from
  std::filesystem::path work;    // of this session alone: the corpus that grows, leftovers
  std::filesystem::path findings;
  // With AFL++ as the engine, and not libFuzzer: its library (afl.h).
  std::optional<std::filesystem::path> afl_mutator = {};
  bool known = false;       // find also what the subject is known to differ in
  bool all_stores = false;  // run each program with all of the tracker's
  bool json = false;        // lines of JSON on standard output, text for people beside it
  unsigned seconds = 60;    // how long it fuzzes; naming what is left may take longer
  unsigned timeout = 0;     // seconds after which a program hangs
  unsigned processes = 1;
  std::optional<OlderTracker> older = {};  // what it does wrong as well is not filed
  // One of many of the same run. It goes on for up to twice its time while something is looked
  // into, and leaves the rest of that to the next.
  bool is_turn = false;
  Earlier earlier = {};  // what others of the same run have found
  // Called about each second while it fuzzes, when something was found, and at the end. What it
  // throws ends the session.
  std::function<void(const Snapshot&)> watch = {};
};

enum class Outcome { nothing, found, failed };

// Until the time is up, or an interrupt comes: the first ends it soon, the second at once.
// Failed: it ran nothing, or a process ended in a way that is no finding, which standard
// error tells. Sets the environment for its children and handlers for signals, once a
// process. Throws std::system_error if a folder cannot be written.
Outcome run(const Options& options);

}  // namespace tidemark::session
