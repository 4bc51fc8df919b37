// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a fuzzing run has found: named, filed, announced, counted. Naming is done in children,
// one at a time, while the run goes on.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "child_task.h"
#include "diagnose_input.h"
#include "finding.h"
#include "older_tracker.h"
#include "run_state.h"
#include "shared_memory.h"
#include "shared_text.h"
#include "unnamed.h"

namespace tidemark::session {

// What a finding may take to be made small, beside the fuzzing.
inline constexpr unsigned kNamingSeconds = 150;

using Crashes = status::CrashCount;

// What sessions before this one have found in the same run.
struct Earlier {
  bool same_build = false;  // as this one's: what ends its processes need not be learnt again
  std::set<std::string> announced = {};  // names: they are filed and counted without a word
  std::map<Signature, Crashes> crashes = {};
};

class Found {
 public:
  // Of what `tested` does wrong, and `older` does not, if there is one. `reported` is the file that
  // tells the fuzzing processes what need not be reported again (dedup.h), `deadly` the one
  // that tells them which programs would end them (known_ends.h), made anew with its tally. What
  // takes longer than `seconds` hangs. With `json`, what is found is a line of JSON, and the text
  // for people goes to standard error. Throws std::system_error if it cannot be written.
  Found(const UnderTest& tested, const std::filesystem::path& findings,
        const std::filesystem::path& reported, const std::filesystem::path& deadly,
        unsigned seconds, bool json, const std::optional<OlderTracker>& older,
        const Earlier& earlier = {});

  // From now on what is announced has a time.
  void fuzzing_begins();
  // An input on which a fuzzing process ended, to be looked into: what ran before it counts if it
  // shows nothing alone. Only when the finding is in its folder is it announced, and only then does
  // the input go. What took too long in a process that was starved, and does not alone, is no
  // finding.
  void add(const std::filesystem::path& input, ProcessEnd how);
  // The same for each file in a folder that does not wait already: of processes, or a run,
  // that were killed.
  void add_leftovers(const std::filesystem::path& folder);
  // Files what processes have dropped (drop.h), and takes it away. Cost: that of looking
  // into the folder, if there is none.
  void take_drops(const std::filesystem::path& folder);

  // Is anything looked into, or does it wait for that?
  bool is_busy() const { return current_ || !waiting_.empty(); }
  std::size_t waiting() const { return waiting_.size() + (current_ ? 1 : 0); }
  // Was there an input that seems never to end?
  bool has_hang() const { return hung_ || crashes_.contains({.kind = Kind::hang}); }
  // Or one after which memory was left?
  bool has_leak() const;
  // Goes on with it, and waits at most so many milliseconds. What is looked into is judged,
  // with the limit for what hangs, and then has kNamingSeconds: what is not named by then
  // is filed as it is. What was begun when this object goes stays for the next run.
  void work(int milliseconds);
  // What came of those that since the last call turned out to be no news, and how often: "the same
  // as NAME", or "like SIGNATURE, and not looked into".
  std::map<std::string, std::size_t> take_outcomes() { return std::exchange(outcomes_, {}); }
  // How far what is looked into is made small: "7 operations, after 120 runs"; empty if it is not.
  std::string how_far() const;
  // What one of them may take, in all.
  unsigned most_seconds() const { return seconds_ + kNamingSeconds + seconds_for_older(); }

  std::size_t size() const { return times_.size(); }
  // How many programs came to each name.
  const std::map<std::string, std::size_t>& times() const { return times_; }
  // With those of sessions before this one.
  const std::map<Signature, Crashes>& crashes() const { return crashes_; }
  // `left_out`: how many programs were not run, as they are like one that ends the process.
  void print_summary(std::uint64_t left_out) const;

 private:
  // What the child that names something tells.
  struct Reduced {
    std::atomic<std::size_t> operations, runs;
  };

  std::optional<double> seconds_of_fuzzing() const;  // none: it has not begun
  unsigned seconds_for_older() const { return older_ ? 2 * (seconds_ + kMoreSeconds) : 0; }
  void begin();
  void begin_naming(const std::function<std::optional<Diagnosed>()>& diagnose);
  void begin_with_those_before();
  void judged();
  void named();
  void conclude_slow();
  void conclude(const std::optional<Finding>& finding, bool is_old = false);
  bool is_one_of_many(const std::filesystem::path& input);
  bool is_boring(const Judgement& judgement);
  void add_leads(const Diagnosed& found);
  bool is_old(const Finding& finding) const;
  void take(const Finding& finding, bool is_old);
  void pass_over(const std::string& name);
  void announce(const Finding& finding);
  void say_shorter(const Finding& finding, const FindingStore::Filed& filed) const;
  void write_reported() const;
  void begin_with_ends(bool same_build);
  void go_on_with_sketch();
  void note_deadly(const Finding& finding);
  void note_end(const Program& program);
  void print_slow() const;
  void print_old() const;

  const UnderTest tested_;
  FindingStore store_;
  const std::filesystem::path findings_, reported_, deadly_;
  const unsigned seconds_;
  const bool json_;
  const std::optional<OlderTracker> older_;
  std::FILE* const out_;                          // for people
  std::map<std::string, std::size_t> times_;      // by name
  std::map<std::string, std::string> reports_;    // the first of each
  NamedPrograms named_;                           // the same
  std::map<std::string, std::size_t> old_times_;  // the same of what `older` does as well
  const std::set<std::string> announced_;         // earlier
  std::map<Signature, Crashes> crashes_;
  std::size_t fresh_ = 0, slow_ = 0;
  std::optional<std::chrono::steady_clock::time_point> began_;
  bool said_slower_ = false;
  std::map<std::string, std::size_t> outcomes_;
  std::vector<Program> ends_;  // that end the process, as small as is known
  bool hung_ = false;          // a process
  bool leaked_ = false;        // the same
  // What takes long to name, and could end many processes until then.
  std::deque<Program> to_sketch_;
  std::optional<ChildTask> sketch_;
  std::deque<Suspect> waiting_;
  std::optional<Suspect> current_;
  Shared<Reduced> reduced_;
  std::optional<SharedText> in_short_;  // of a hang, once it is small
  std::optional<ChildTask> task_;       // the last: it uses the memory
};

}  // namespace tidemark::session
