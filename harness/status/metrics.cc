// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "metrics.h"

#include <cstdio>
#include <string_view>
#include <utility>

#include "text.h"

namespace tidemark::status {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

std::string label_value(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    text += c == '\n' ? "\\n" : std::string(1, c);
  }
  return text;
}

std::string sample(std::string_view name, const Labels& labels, double value) {
  std::string text(name);
  for (std::size_t i = 0; i < labels.size(); ++i)
    text += std::string(i ? "," : "{") + std::string(labels[i].first) + "=\"" +
            label_value(labels[i].second) + "\"";
  char number[32];
  std::snprintf(number, sizeof(number), "%.17g", value);
  return text + (labels.empty() ? " " : "} ") + number + "\n";
}

enum class Type { counter, gauge };

std::string head(std::string_view name, Type type, std::string_view help) {
  const std::string of(name);
  return "# HELP " + of + " " + std::string(help) + "\n# TYPE " + of +
         (type == Type::counter ? " counter\n" : " gauge\n");
}

struct SubjectMetric {
  std::string_view name;
  Type type;
  std::string_view help;
  double (*value)(const SubjectState& subject);
};

template <auto Member>
double member(const SubjectState& subject) {
  return static_cast<double>(subject.*Member);
}

constexpr SubjectMetric kSubjectMetrics[] = {
    {"tidemark_programs_total", Type::counter, "Programs that ran.",
     member<&SubjectState::programs>},
    {"tidemark_operations_total", Type::counter, "Operations that ran.",
     member<&SubjectState::operations>},
    {"tidemark_fuzzing_seconds_total", Type::counter, "Time in which the subject was fuzzed.",
     member<&SubjectState::seconds>},
    {"tidemark_programs_per_second", Type::gauge, "Programs per second of late.",
     member<&SubjectState::programs_per_second>},
    {"tidemark_coverage_places", Type::gauge, "Places in the code that were reached.",
     member<&SubjectState::coverage>},
    {"tidemark_coverage_places_limit", Type::gauge, "Places in the code that there are.",
     member<&SubjectState::most_coverage>},
    {"tidemark_new_coverage_age_seconds", Type::gauge,
     "Time of fuzzing since a place was reached that was not before.",
     [](const SubjectState& subject) { return subject.seconds - subject.last_new_seconds; }},
    {"tidemark_corpus_inputs", Type::gauge, "Inputs in the corpus.", member<&SubjectState::corpus>},
    {"tidemark_process_memory_bytes", Type::gauge,
     "Resident memory of the fuzzing process that has most.", member<&SubjectState::memory_bytes>},
    {"tidemark_process_restarts_total", Type::counter, "Fuzzing processes that were replaced.",
     member<&SubjectState::restarts>},
    {"tidemark_turns_total", Type::counter, "Turns that the subject had.",
     member<&SubjectState::turns>},
};

std::string of_subjects(const RunState& run) {
  std::string text;
  for (const SubjectMetric& metric : kSubjectMetrics) {
    if (run.subjects.empty()) break;
    text += head(metric.name, metric.type, metric.help);
    for (const auto& [name, subject] : run.subjects)
      text += sample(metric.name, {{"subject", name}}, metric.value(subject));
  }
  return text;
}

std::string of_deaths(const RunState& run) {
  std::string text;
  for (const auto& [name, subject] : run.subjects)
    for (const auto& [how, times] : subject.deaths)
      text += sample("tidemark_process_deaths_total", {{"subject", name}, {"how", how}},
                     static_cast<double>(times));
  if (text.empty()) return {};
  return head("tidemark_process_deaths_total", Type::counter,
              "Fuzzing processes that ended by themselves, not by a finding.") +
         text;
}

std::string of_findings(const RunState& run) {
  std::string text = head("tidemark_findings", Type::gauge, "Findings, by name.");
  text += sample("tidemark_findings", {}, static_cast<double>(run.findings.size()));
  std::string counts, times;
  for (const auto& [name, seen] : run.findings) {
    const Labels labels = {{"subject", seen.subject}, {"name", name}};
    counts += sample("tidemark_finding_programs_total", labels, static_cast<double>(seen.count));
    times += sample("tidemark_finding_last_seen_timestamp_seconds", labels,
                    static_cast<double>(seen.last));
  }
  if (counts.empty()) return text;
  return text +
         head("tidemark_finding_programs_total", Type::counter,
              "Programs that came to a finding.") +
         counts +
         head("tidemark_finding_last_seen_timestamp_seconds", Type::gauge,
              "When a finding was last seen, in Unix time.") +
         times;
}

}  // namespace

std::string metrics_text(const RunState& run) {
  return of_subjects(run) + of_deaths(run) + of_findings(run) +
         head("tidemark_notes", Type::gauge, "Notes on the run that its page shows.") +
         sample("tidemark_notes", {}, static_cast<double>(run.notes.size())) +
         head("tidemark_starts_total", Type::counter, "How often the run was started.") +
         sample("tidemark_starts_total", {}, static_cast<double>(run.starts)) +
         head("tidemark_updated_timestamp_seconds", Type::gauge,
              "When these figures were written, in Unix time.") +
         sample("tidemark_updated_timestamp_seconds", {}, static_cast<double>(run.updated));
}

}  // namespace tidemark::status
