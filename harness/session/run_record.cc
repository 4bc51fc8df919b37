// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run_record.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "build_info.h"
#include "files.h"
#include "finding.h"
#include "metrics.h"
#include "text.h"
#include "unix_time.h"
#include "worker.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStatus = "status.json";
constexpr std::chrono::seconds kWritten(5);
constexpr double kRatedSeconds = 5;
// What another build reaches less than that of is worth a note.
constexpr double kAlike = 0.95;

status::RunState read_state(const fs::path& path) {
  const auto text = read_if_there(path);
  if (!text) {
    status::RunState fresh;
    fresh.begun = unix_now();
    return fresh;
  }
  if (auto run = status::read_run_state(*text)) return *run;
  throw std::system_error(EINVAL, std::generic_category(),
                          quoted_path(path.string()) +
                              " is not of this version's, and has to go before a run can begin");
}

// Part for part, and so again for what the turn adds.
std::map<std::string, std::size_t> sum(std::map<std::string, std::size_t> a,
                                       const std::map<std::string, std::size_t>& b) {
  for (const auto& [name, times] : b) a[name] += times;
  return a;
}

}  // namespace

RunRecord::RunRecord(const fs::path& folder, const fs::path& findings, unsigned processes,
                     double stalled_seconds)
    : folder_(fs::absolute(folder).lexically_normal()),
      findings_(findings),
      stalled_seconds_(stalled_seconds),
      run_(read_state(folder / kStatus)) {
  run_.processes = processes;
  ++run_.starts;
}

void RunRecord::begin_turn(const std::string& label, const fs::path& corpus) {
  label_ = label;
  corpus_ = corpus;
  status::SubjectState& subject = run_.subjects[label];
  // Of another build the places are others, and what crashed may be mended.
  same_build_ = subject.commit == kBuildInfo.commit;
  if (!same_build_) {
    subject.other_commit = subject.commit;
    subject.other_coverage = subject.coverage;
    subject.commit = kBuildInfo.commit;
    subject.coverage = subject.most_coverage = 0;
    subject.last_new_seconds = subject.seconds;
    subject.crashes.clear();
    subject.results.clear();
  }
  ++subject.turns;
  subject.turn_began = unix_now();
  before_ = subject;
  findings_before_ = run_.findings;
  rated_seconds_ = subject.seconds;
  rated_programs_ = subject.programs;
  now("Fuzzing " + label);
}

void RunRecord::see(const Snapshot& snapshot) {
  status::SubjectState& subject = run_.subjects[label_];
  run_.updated = unix_now();
  subject.seconds = before_.seconds + snapshot.live.seconds;
  subject.programs = before_.programs + snapshot.programs;
  subject.operations = before_.operations + snapshot.operations;
  subject.restarts = before_.restarts + snapshot.live.restarts;
  subject.deaths = sum(before_.deaths, snapshot.ends);
  if (snapshot.live.memory_mib) subject.memory_bytes = snapshot.live.memory_mib << 20;
  subject.most_coverage = std::max(subject.most_coverage, snapshot.live.most_coverage);
  for (const auto& [signature, count] : snapshot.crashes) subject.crashes[print(signature)] = count;
  if (const double more = subject.seconds - rated_seconds_; more >= kRatedSeconds) {
    subject.programs_per_second = static_cast<double>(subject.programs - rated_programs_) / more;
    rated_seconds_ = subject.seconds;
    rated_programs_ = subject.programs;
    subject.corpus = files_in(corpus_);
  }
  subject.results.insert(snapshot.results.begin(), snapshot.results.end());
  see_coverage(subject, snapshot.live.coverage);
  const bool any = see_findings(snapshot.times);
  status::add_point(run_, label_, subject);
  if (any || Clock::now() - written_ >= kWritten) write();
}

void RunRecord::see_coverage(status::SubjectState& subject, std::uint64_t coverage) {
  if (coverage > subject.coverage) {
    subject.coverage = coverage;
    subject.last_new_seconds = subject.seconds;
  }
  const double since = subject.seconds - subject.last_new_seconds;
  if (since >= stalled_seconds_)
    note("stalled " + label_,
         fmt::format("{}: nothing new for {} of fuzzing", label_, span_text(since)));
  else
    clear_note("stalled " + label_);
}

// Is there one that was not there before?
bool RunRecord::see_findings(const std::map<std::string, std::size_t>& times) {
  bool any = false;
  for (const auto& [name, count] : times) {
    status::SeenFinding& seen = run_.findings[name];
    if (!seen.first) seen = {label_, run_.updated, run_.updated, 0, kBuildInfo.commit};
    const auto before = findings_before_.find(name);
    const std::size_t all = count + (before == findings_before_.end() ? 0 : before->second.count);
    if (all == seen.count) continue;
    any = true;
    shown_names_.reset();  // its program may be a shorter one now
    seen.count = all;
    seen.last = run_.updated;
  }
  return any;
}

bool RunRecord::end_turn(bool cut_short) {
  const status::SubjectState& subject = run_.subjects[label_];
  const bool ran = subject.programs > before_.programs;
  if (cut_short || !ran) return ran;
  const std::string about = "sources " + label_;
  if (!subject.other_commit.empty() &&
      static_cast<double>(subject.coverage) < kAlike * static_cast<double>(subject.other_coverage))
    note(about, fmt::format("{}: the corpus reaches {} places of the sources {}, and reached {} of "
                            "those before, {}",
                            label_, subject.coverage, subject.commit, subject.other_coverage,
                            subject.other_commit));
  else
    clear_note(about);
  return ran;
}

void RunRecord::saw_corpus(const CorpusLook& look) {
  status::SubjectState& subject = run_.subjects[label_];
  subject.corpus = look.files - look.cut - look.unreadable;
  if (!subject.merged) merged_corpus(subject.corpus);
  if (look.cut)
    note("cut " + label_,
         fmt::format("{}: {} of {} files of the corpus were not whole, and were taken away", label_,
                     look.cut, look.files));
  if (look.unreadable)
    note(
        "unreadable " + label_,
        fmt::format("{}: {} of {} files of the corpus cannot be read as inputs, and were put aside",
                    label_, look.unreadable, look.files));
  // A few are in every corpus.
  if (look.idle > 10 && look.idle > look.files / 10)
    note("idle " + label_, fmt::format("{}: {} of {} files of the corpus do nothing in this build",
                                       label_, look.idle, look.files));
  else
    clear_note("idle " + label_);
}

void RunRecord::merged_corpus(std::size_t inputs) {
  status::SubjectState& subject = run_.subjects[label_];
  subject.merged = unix_now();
  subject.merged_inputs = subject.corpus = inputs;
}

Earlier RunRecord::earlier() const {
  Earlier earlier;
  earlier.same_build = same_build_;
  for (const auto& [name, seen] : run_.findings) earlier.announced.insert(name);
  for (const auto& [signature, count] : subject().crashes)
    earlier.crashes[parse_signature(signature)] = count;
  return earlier;
}

void RunRecord::note(const std::string& about, const std::string& text) {
  const auto [note, is_new] = run_.notes.try_emplace(about, status::Note{text, unix_now()});
  note->second.text = text;
  if (is_new) fmt::print(stderr, "\ntidemark: note: {}\n", text);
}

void RunRecord::write() {
  run_.updated = unix_now();
  written_ = Clock::now();
  write_file(folder_ / kStatus, status::to_json(run_));
  write_file(folder_ / "metrics.prom", status::metrics_text(run_), Survives::process);
  look_at_filed();
  write_file(folder_ / "index.html", status::status_page(run_, shown_, folder_), Survives::process);
}

// There may be hundreds, with a picture each: they are read when one is new, or has gone.
void RunRecord::look_at_filed() {
  const FindingStore store(findings_);
  const auto names = store.names();
  if (shown_names_ == names) return;
  shown_ = status::shown_findings(store.all());
  shown_names_ = names;
}

}  // namespace tidemark::session
