// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A run in its folder: what it remembers (status.json), and how it shows itself (index.html,
// metrics.prom). Who begins again with the same folder goes on from there.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "corpus_files.h"
#include "run_state.h"
#include "session.h"
#include "status_page.h"

namespace tidemark::session {

class RunRecord {
 public:
  // `stalled_seconds` of fuzzing without anything new are worth a note. Reads what is there; throws
  // std::system_error if it cannot be read, or is not of this version, and is then untouched.
  RunRecord(const std::filesystem::path& folder, const std::filesystem::path& findings,
            unsigned processes, double stalled_seconds);

  // A session with a subject, by its label, begins, and how far it is. Its inputs are in `corpus`.
  void begin_turn(const std::string& label, const std::filesystem::path& corpus);
  void see(const Snapshot& snapshot);
  // Has it run a program? If so, and it was not cut short, it is noted if another build reached
  // more.
  bool end_turn(bool cut_short);

  void saw_corpus(const CorpusLook& look);
  void merged_corpus(std::size_t inputs);
  // What that session is to know of those before it.
  Earlier earlier() const;

  // Says it once; it stays on the page until it is cleared.
  void note(const std::string& about, const std::string& text);
  void clear_note(const std::string& about) { run_.notes.erase(about); }
  // What it does now: on the page.
  void now(const std::string& what) { run_.now = what; }
  // Which results there may be, for the page to say which never came.
  void may_come(std::vector<std::string> results) { run_.results = std::move(results); }
  // All files; also done every few seconds by see(), and for what is found. Throws
  // std::system_error, naming the file; those before it are written.
  void write();

  const status::RunState& run() const { return run_; }
  const status::SubjectState& subject() const { return run_.subjects.at(label_); }

 private:
  using Clock = std::chrono::steady_clock;

  void see_coverage(status::SubjectState& subject, std::uint64_t coverage);
  bool see_findings(const std::map<std::string, std::size_t>& times);
  void look_at_filed();

  const std::filesystem::path folder_, findings_;
  const double stalled_seconds_;
  status::RunState run_;
  std::string label_;
  std::filesystem::path corpus_;
  status::SubjectState before_;  // this turn
  bool same_build_ = false;      // as in the subject's last turn
  std::map<std::string, status::SeenFinding> findings_before_;
  // What the page shows of findings, and of which folders; not up to date if there are none.
  std::vector<status::ShownFinding> shown_;
  std::optional<std::vector<std::string>> shown_names_;
  Clock::time_point written_ = {};
  double rated_seconds_ = 0;  // when programs_per_second was last reckoned
  std::uint64_t rated_programs_ = 0;
};

}  // namespace tidemark::session
