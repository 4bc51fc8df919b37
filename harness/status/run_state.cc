// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tidemark::status {
namespace {

constexpr std::size_t kMostPoints = 240;
constexpr double kFirstPointSeconds = 10;

}  // namespace

// Names of fields are names of members: docs/long-runs.md tells them.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Point, time, seconds, programs, coverage, corpus,
                                                findings)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CrashCount, seen, passed_over)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SubjectState, seconds, programs, operations,
                                                restarts, turns, programs_per_second, coverage,
                                                most_coverage, corpus, memory_bytes,
                                                last_new_seconds, turn_began, commit, other_commit,
                                                other_coverage, merged, merged_inputs,
                                                point_seconds, series, deaths, crashes, results)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SeenFinding, subject, first, last, count, commit)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Note, text, since)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RunState, version, begun, updated, starts,
                                                processes, now, subjects, findings, notes, results)

std::size_t RunState::findings_of(const std::string& subject) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      findings, [&subject](const auto& found) { return found.second.subject == subject; }));
}

void add_point(const RunState& run, const std::string& name, SubjectState& subject) {
  std::vector<Point>& series = subject.series;
  subject.point_seconds = std::max(subject.point_seconds, kFirstPointSeconds);
  if (!series.empty() && subject.seconds < series.back().seconds + subject.point_seconds) return;
  series.push_back({.time = run.updated,
                    .seconds = subject.seconds,
                    .programs = subject.programs,
                    .coverage = subject.coverage,
                    .corpus = subject.corpus,
                    .findings = run.findings_of(name)});
  if (series.size() <= kMostPoints) return;
  std::size_t number = 0;
  std::erase_if(series, [&number](const Point&) { return number++ % 2 != 0; });
  subject.point_seconds *= 2;
}

std::string to_json(const RunState& run) {
  return nlohmann::json(run).dump(1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

std::optional<RunState> read_run_state(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("version")) return std::nullopt;
  try {
    RunState run = json.get<RunState>();
    if (run.version == RunState().version) return run;
    return std::nullopt;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace tidemark::status
