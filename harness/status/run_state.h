// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a run that may go on for weeks remembers: counters, series, what was seen. As a value, and
// as the JSON from which it goes on. Times are seconds since 1970, spans are seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tidemark::status {

// Of a subject, at a moment.
struct Point {
  std::int64_t time = 0;
  double seconds = 0;  // fuzzed until then
  std::uint64_t programs = 0, coverage = 0, corpus = 0, findings = 0;
};

// How many there were of a crash, and how many of them were not looked into.
struct CrashCount {
  std::size_t seen = 0, passed_over = 0;
};

struct SubjectState {
  double seconds = 0;  // fuzzed
  std::uint64_t programs = 0, operations = 0, restarts = 0, turns = 0;
  double programs_per_second = 0;                 // of late
  std::uint64_t coverage = 0, most_coverage = 0;  // places reached by this build, of how many
  std::uint64_t corpus = 0;                       // inputs
  std::uint64_t memory_bytes = 0;                 // of the process that has most
  double last_new_seconds = 0;  // `seconds`, when a place was reached that was not before
  std::int64_t turn_began = 0;  // the last
  std::string commit;           // that it was built from
  std::string other_commit;     // before that, and what was reached with it
  std::uint64_t other_coverage = 0;
  std::int64_t merged = 0;                    // when its corpus was made minimal
  std::uint64_t merged_inputs = 0;            // and how many were left
  double point_seconds = 0;                   // between points of `series`
  std::vector<Point> series;                  // the oldest first
  std::map<std::string, std::size_t> deaths;  // of processes, not by findings: how, how often
  std::map<std::string, CrashCount> crashes;  // by signature (signature.h)
  std::set<std::string> results;              // that came, in this build: "map -EEXIST"
};

struct SeenFinding {
  std::string subject;
  std::int64_t first = 0, last = 0;
  std::size_t count = 0;  // how often it was filed
  std::string commit;     // it was seen with first
};

struct Note {
  std::string text;
  std::int64_t since = 0;
};

struct RunState {
  int version = 1;  // of this form
  std::int64_t begun = 0, updated = 0;
  std::uint64_t starts = 0;  // of the command
  unsigned processes = 0;
  std::string now;                               // what it does
  std::map<std::string, SubjectState> subjects;  // by label
  std::map<std::string, SeenFinding> findings;   // by name
  std::map<std::string, Note> notes;             // by what they are about
  std::vector<std::string> results;              // that there may be, in their order

  std::size_t findings_of(const std::string& subject) const;
};

// Adds a point to the series if it is time for one. There are never more than some hundred: of
// what is long ago every second goes, and again.
void add_point(const RunState& run, const std::string& name, SubjectState& subject);

std::string to_json(const RunState& run);
// Nothing if the text is not what to_json() gives.
std::optional<RunState> read_run_state(const std::string& text);

}  // namespace tidemark::status
