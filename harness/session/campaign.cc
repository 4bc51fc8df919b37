// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "campaign.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <set>
#include <system_error>

#include "corpus_files.h"
#include "corpus_merge.h"
#include "files.h"
#include "interrupts.h"
#include "json_output.h"
#include "run_lock.h"
#include "run_record.h"
#include "unix_time.h"
#include "worker.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kMergeEvery = 24 * 60 * 60;  // seconds
constexpr std::uint64_t kMergeGrowth = 4;           // times the inputs after the last merge
constexpr std::uint64_t kMergeInputs = 1000;        // or of so many, if these were fewer
constexpr std::chrono::minutes kMergeTime(10);
constexpr unsigned kMostIdleTurns = 3;  // turns in a row without a program
constexpr std::size_t kRoomBytes = 1 << 20;
constexpr unsigned kLongestPause = 60;  // seconds

// It may pass, and is nobody's mistake.
bool is_for_want_of_room(const std::error_code& code) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG, EAGAIN, ENOMEM})
    if (code == std::error_condition(error, std::generic_category())) return true;
  return false;
}

class Campaign {
 public:
  explicit Campaign(const CampaignOptions& options)
      : options_(options), folder_(fs::absolute(options.folder)) {}

  Outcome run() {
    fs::create_directories(folder_);
    const auto alone = lock_for_run(folder_, options_.folder);
    if (!alone) return Outcome::failed;
    record_.emplace(folder_, options_.session.findings, options_.session.processes,
                    options_.stalled_seconds);
    record_->may_come(options_.results);
    begin();
    const CampaignOptions::Subject* subject = next();
    for (; subject && !is_over(); subject = next()) try_turn(*subject);
    end(subject == nullptr);
    return subject && (ran_ || outcome_ == Outcome::found) ? outcome_ : Outcome::failed;
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

  bool is_over() const {
    return interrupts() || (options_.seconds && seconds() >= *options_.seconds);
  }

  static std::string label(const CampaignOptions::Subject& subject) {
    return subject_label(subject.tested.subject);
  }

  void begin() {
    fmt::print(out_, "a run of turns of {} s, in {} processes; how it goes is in\n  {}\n",
               options_.turn_seconds, options_.session.processes,
               (folder_ / "index.html").string());
    const auto& run = record_->run();
    if (run.starts > 1)
      fmt::print(out_, "it goes on after {}, with {} findings\n", utc_text(run.updated),
                 run.findings.size());
    for (const std::string& why : options_.left_out) record_->note("left out: " + why, why);
    std::fflush(out_);
  }

  void end(bool none_left) {
    record_->now(none_left      ? "Stopped, as nothing can be fuzzed"
                 : interrupts() ? "Stopped by an interrupt"
                                : "Ended, as its time was up");
    record_->write();
    if (none_left) fmt::print(stderr, "tidemark: no subject is left that runs programs\n");
    fmt::print(out_, "{} findings in all; {} has them\n", record_->run().findings.size(),
               (folder_ / "index.html").string());
  }

  // Whose last turn is longest ago; nobody, if none runs programs.
  const CampaignOptions::Subject* next() const {
    const CampaignOptions::Subject* first = nullptr;
    const auto began = [this](const CampaignOptions::Subject& subject) {
      const auto of = record_->run().subjects.find(label(subject));
      return of == record_->run().subjects.end() ? 0 : of->second.turn_began;
    };
    for (const CampaignOptions::Subject& subject : options_.subjects) {
      const auto idle = idle_.find(label(subject));
      if (idle != idle_.end() && idle->second >= kMostIdleTurns) continue;
      if (!first || began(subject) < began(*first)) first = &subject;
    }
    return first;
  }

  void try_turn(const CampaignOptions::Subject& subject) {
    try {
      take_turn(subject);
      pause_ = 1;
    } catch (const std::system_error& error) {
      if (!is_for_want_of_room(error.code())) throw;
      wait_for_room(error.what());
    }
  }

  void take_turn(const CampaignOptions::Subject& subject) {
    const fs::path work = folder_ / label(subject), corpus = work / "corpus",
                   aside = work / "aside";
    for (const fs::path& folder : {corpus, aside}) fs::create_directories(folder);
    record_->begin_turn(label(subject), corpus);
    announce(label(subject));
    record_->saw_corpus(look_at_corpus(corpus, aside, subject.tested));
    record_->write();
    fuzz(subject, work);
    if (record_->end_turn(interrupts() > 0)) {
      ran_ = true;
      idle_.erase(label(subject));
    } else if (!interrupts() && ++idle_[label(subject)] == kMostIdleTurns) {
      record_->note(
          "idle turns " + label(subject),
          fmt::format("{} is left out until the next start: it ran no program in {} turns",
                      label(subject), kMostIdleTurns));
    }
    record_->write();
    if (!interrupts() && is_merge_due()) merge(subject, work);
  }

  void announce(const std::string& name) const {
    const std::uint64_t turn = record_->subject().turns;
    if (options_.session.json)
      print_json({{"turn", turn}, {"subject", name}});
    else
      fmt::print("\nturn {} of {}\n", turn, name);
    std::fflush(stdout);
  }

  void fuzz(const CampaignOptions::Subject& subject, const fs::path& work) {
    Options options = options_.session;
    options.tested = subject.tested;
    options.target = subject.target;
    options.work = work;
    options.is_turn = true;
    options.seconds = options_.turn_seconds;
    if (options_.seconds)
      options.seconds =
          std::clamp(static_cast<unsigned>(*options_.seconds - seconds()), 1u, options.seconds);
    options.earlier = record_->earlier();
    options.watch = [this](const Snapshot& snapshot) { record_->see(snapshot); };
    const Outcome outcome = session::run(options);
    // A process that ended by itself in one turn is not forgotten in the next.
    if (outcome_ == Outcome::nothing || outcome == Outcome::found) outcome_ = outcome;
  }

  bool is_merge_due() const {
    const status::SubjectState& of = record_->subject();
    return of.corpus > kMergeGrowth * std::max(of.merged_inputs, kMergeInputs) ||
           (of.corpus > of.merged_inputs && unix_now() - of.merged >= kMergeEvery);
  }

  // What a merge cannot do now waits for the next: it costs no more than its time.
  void merge(const CampaignOptions::Subject& subject, const fs::path& work) {
    const std::string name = label(subject), about = "merge " + name;
    record_->now("Merging the corpus of " + name);
    record_->write();
    std::string problem;
    try {
      problem = minimise(subject, work);
    } catch (const std::system_error& error) {
      problem = error.what();
    }
    record_->merged_corpus(files_in(work / "corpus"));
    if (problem.empty())
      record_->clear_note(about);
    else if (!interrupts())
      record_->note(about, fmt::format("the corpus of {} could not be merged: {}", name, problem));
    record_->write();
  }

  // What was chosen is there before anything goes, and so at any moment the corpus reaches as much.
  // Says what is wrong, if something is.
  std::string minimise(const CampaignOptions::Subject& subject, const fs::path& work) const {
    const auto until = Clock::now() + kMergeTime;
    const fs::path corpus = work / "corpus";
    const Merged merged = merge_corpora({.target = subject.target,
                                         .folders = {corpus},
                                         .known = work / "known",
                                         .go_on = [until](std::size_t, std::uint64_t) {
                                           return !interrupts() && Clock::now() < until;
                                         }});
    if (!merged.problem.empty()) return merged.problem;
    if (merged.chosen.empty()) return "libFuzzer chose none of it";
    // For the next session to look into.
    for (const auto& [name, bytes] : merged.failing) write_file(work / "artifacts" / name, bytes);
    for (const auto& [name, bytes] : merged.chosen)
      if (!fs::exists(corpus / name)) write_file(corpus / name, bytes);
    const std::vector<fs::directory_entry> entries(fs::directory_iterator(corpus), {});
    for (const auto& entry : entries)
      if (!merged.chosen.contains(entry.path().filename().string())) fs::remove(entry.path());
    fmt::print(out_, "merged the corpus of {}: {} inputs of {}\n", label(subject),
               merged.chosen.size(), merged.inputs);
    return {};
  }

  bool has_room() const {
    try {
      fs::create_directories(options_.session.findings);
      for (const fs::path& folder : {folder_, options_.session.findings})
        UnfinishedFolder(folder).write("room", std::string(kRoomBytes, '\0'));
      return true;
    } catch (const std::system_error& error) {
      if (!is_for_want_of_room(error.code())) throw;
      return false;
    }
  }

  // Longer each time if what comes next fails again.
  void wait_for_room(const std::string& why) {
    record_->note("room", fmt::format("it waits until there is room again: {}", why));
    const unsigned least = pause_;
    pause_ = std::min(2 * pause_, kLongestPause);
    for (unsigned waited = 0; !is_over() && (waited < least || !has_room()); ++waited)
      poll(nullptr, 0, 1000);
    if (is_over()) return;
    record_->clear_note("room");
    fmt::print(stderr, "tidemark: there is room again\n");
  }

  const CampaignOptions& options_;
  const fs::path folder_;
  std::FILE* const out_ = options_.session.json ? stderr : stdout;  // for people
  const Clock::time_point started_ = Clock::now();
  std::optional<RunRecord> record_;
  std::map<std::string, unsigned> idle_;  // turns in a row, by label
  unsigned pause_ = 1;                    // seconds
  bool ran_ = false;                      // a program
  Outcome outcome_ = Outcome::nothing;
};

}  // namespace

Outcome run_campaign(const CampaignOptions& options) {
  count_interrupts();
  return Campaign(options).run();
}

}  // namespace tidemark::session
