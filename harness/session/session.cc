// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "session.h"

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "afl.h"
#include "corpus_files.h"
#include "dedup.h"
#include "files.h"
#include "foreign.h"
#include "found.h"
#include "handed_over.h"
#include "interrupts.h"
#include "isolation.h"
#include "libfuzzer.h"
#include "live_line.h"
#include "naming.h"
#include "program_file.h"
#include "run_lock.h"
#include "start_inputs.h"
#include "terminal.h"
#include "text.h"
#include "worker.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double kGraceSeconds = 10;
constexpr double kInterruptSeconds = 1;  // who interrupts does not want to wait
constexpr double kEndSeconds = 2;        // libFuzzer counts whole seconds
constexpr unsigned kHangTimeout = 5;
// Of a processor; and once something hangs. What is only slow ends when it is judged alone.
constexpr std::chrono::milliseconds kLongTime(2000), kHungTime(500);
// How long whoever takes over after a hang is careful; twice as long after each more.
constexpr std::chrono::milliseconds kCareful(3000);
constexpr unsigned kSoonSeconds = 10;
// Before one that ended by itself is replaced, and after how many that did nothing none is.
constexpr std::chrono::seconds kPause(1);
constexpr unsigned kMostIdle = 3;

std::string last_of(const std::string& text, std::size_t bytes) {
  return text.substr(text.size() - std::min(text.size(), bytes));
}

class Running {
 public:
  Running(const Options& options, const UnderTest& tested)
      : options_(options),
        tested_(tested),
        work_(fs::absolute(options.work)),
        target_(fs::absolute(options.target)) {}

  Outcome run() {
    fs::create_directories(corpus_);
    fs::create_directories(artifacts_);
    fs::create_directories(drops_);
    fs::create_directories(handed_over_);
    fs::create_directories(aside_);
    const auto alone = lock_for_run(work_, options_.work);
    if (!alone) return Outcome::failed;
    target_ = kept_target(target_, work_ / "target");
    found_.emplace(tested_, options_.findings, known_, deadly_, options_.timeout, options_.json,
                   options_.older, options_.earlier);
    take_leftovers();
    name_soon();
    if (!take_seeds(options_.seeds, seeds_)) return Outcome::failed;
    file_deadly_inputs();
    if (options_.afl_mutator) afl_.begin({seeds_, corpus_});
    start();
    watch();
    take_leftovers();  // of processes that were stopped while they wrote
    if (!options_.is_turn) name_the_rest();
    show_watcher();
    return summary();
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

  // A turn is longer if something is looked into: the next would have to begin with that anew.
  double longest() const { return options_.seconds * (options_.is_turn ? 2.0 : 1.0); }
  double limit() const { return found_->is_busy() ? longest() : options_.seconds; }

  // Of processes that have ended.
  void take_leftovers() {
    clear_unfinished(drops_);
    found_->take_drops(drops_);
    afl_.take_all();
    take_what_took_long();
    found_->add_leftovers(artifacts_);
  }

  void take_what_took_long() {
    for (const fs::path& input : take_handed_over(handed_over_, artifacts_))
      found_->add(input, {.said = "it took long in a child\n", .starved = true});
  }

  // Before it fuzzes, if that is soon done; what is left goes on beside it.
  void name_soon() { name_what_waits(*found_, kSoonSeconds, "named beside the fuzzing", out_); }

  // What nobody waited for while it fuzzed: time for two that take theirs.
  void name_the_rest() {
    name_what_waits(*found_, 2 * found_->most_seconds(),
                    "not looked into; the next run will do that", out_);
  }

  // What the corpus itself shows, first, and once for each way to die: a process that
  // starts would die on it, and the one in its place again.
  void file_deadly_inputs() {
    if (terminal_) {
      fmt::print("running {} seeds and {} earlier inputs once, each ...", files_in(seeds_),
                 files_in(corpus_));
      std::fflush(stdout);
    }
    const StartFolders folders = {seeds_, corpus_, artifacts_, aside_};
    const bool any =
        file_deadly(tested_, folders, options_.timeout, *found_, results_, out_, anew_);
    // What hangs takes longer, and is named beside the fuzzing.
    if (any && !found_->has_hang()) name_soon();
  }

  void start() {
    fmt::print(out_, "fuzzing for {} s in {} processes, from {} seeds and {} earlier inputs\n",
               options_.seconds, options_.processes, files_in(seeds_), files_in(corpus_));
    std::fflush(stdout);
    started_ = last_new_ = Clock::now();
    found_->fuzzing_begins();
    for (unsigned i = 0; i < options_.processes; ++i) slots_.push_back({make_worker(i)});
  }

  std::unique_ptr<Worker> make_worker(std::size_t number) const {
    if (found_->has_leak()) look_for_no_more_leaks();
    const double left = std::max(1.0, longest() - seconds());
    const bool hangs = found_->has_hang();
    // Nobody need wait as long for the next that hangs: who looks into it has the whole time.
    const unsigned timeout = hangs ? std::min(options_.timeout, kHangTimeout) : options_.timeout;
    Worker::Places places = {.folder = work_ / fmt::format("worker-{}", number),
                             .artifacts = artifacts_,
                             .known = known_,
                             .drops = drops_,
                             .deadly = deadly_,
                             .handed_over = handed_over_};
    if (options_.afl_mutator)  // it has a limit of its own, and goes on behind that
      return std::make_unique<Worker>(
          places, afl_.words({target_, fs::absolute(*options_.afl_mutator), number,
                              options_.processes, left, std::min(timeout, kHangTimeout)}));
    places.processor = std::min<std::chrono::milliseconds>(hangs ? kHungTime : kLongTime,
                                                           std::chrono::seconds(options_.timeout));
    if (hangs) places.careful = kCareful * (1u << std::min(long_ends_, 4u));
    return std::make_unique<Worker>(target_, places,
                                    arguments_of({left, timeout, kMostMemoryMib, corpus_, seeds_}));
  }

  // AFL++ tells it by files, and goes on behind what the target dies of. Its time limit is of the
  // clock: what took too long may have been kept waiting.
  void look_into_afl() {
    if (!options_.afl_mutator) return;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      Worker& worker = *slots_[i].worker;
      for (const fs::path& artifact : afl_.take(i))
        found_->add(artifact, {.said = worker.said(), .starved = true});
      const AflStats stats = afl_.stats(i);
      worker.note(stats.edges_found, stats.total_edges, stats.corpus_count);
    }
  }

  // The most of any process.
  std::uint64_t most(std::uint64_t (Worker::*figure)() const) const {
    std::uint64_t most = 0;
    for (const Slot& slot : slots_) most = std::max(most, ((*slot.worker).*figure)());
    return most;
  }

  // Of all processes so far.
  Counters counters() const {
    Counters total = ended_;
    for (const Slot& slot : slots_) total += slot.worker->counters();
    return total;
  }

  Live figures() const {
    return Live{.seconds = seconds(),
                .corpus = corpus_size_,
                .coverage = coverage_,
                .most_coverage = most(&Worker::most_coverage),
                .last_new = std::chrono::duration<double>(Clock::now() - last_new_).count(),
                .memory_mib = most(&Worker::memory_mib),
                .restarts = restarts_,
                .found = found_->size(),
                .in_work = found_->waiting()};
  }

  void show_watcher() const {
    if (!options_.watch) return;
    const Counters total = counters();
    options_.watch({.live = figures(),
                    .programs = total.programs,
                    .operations = total.operations,
                    .times = found_->times(),
                    .crashes = found_->crashes(),
                    .ends = ends_,
                    .results = results_});
  }

  void show_progress() {
    Live live = figures();
    const std::uint64_t now = counters().programs;
    live.programs_per_second =
        static_cast<double>(now - shown_programs_) / std::max(live.seconds - shown_seconds_, 0.001);
    shown_programs_ = now;
    shown_seconds_ = live.seconds;
    if (options_.json) {
      print_json(json_of(live));
    } else {
      // Above the first row, and where a finding came in between.
      if (live.found != shown_found_) fmt::print("{}{}\n", anew_, heading(columns()));
      fmt::print("{}{}{}", anew_, line(live, columns()), terminal_ ? "" : "\n");
    }
    shown_found_ = live.found;
    std::fflush(stdout);
  }

  void note_coverage() {
    // One that starts has none yet.
    if (const std::uint64_t corpus = most(&Worker::corpus)) corpus_size_ = corpus;
    const std::uint64_t now = most(&Worker::coverage);
    if (now <= coverage_) return;
    coverage_ = now;
    last_new_ = Clock::now();
  }

  // Until the time is up or the user has seen enough.
  void watch() {
    const double interval = terminal_ ? 0.5 : options_.is_turn ? 60 : 10;
    double next = interval, next_watch = 0;
    std::size_t watched = 0;
    double looked = 0;  // when that was
    while (std::ranges::any_of(slots_, [](const Slot& slot) { return !slot.done; })) {
      poll_workers();
      if (seconds() >= looked + 1) {
        looked = seconds();
        look_into_afl();
        take_what_took_long();
        for (Slot& slot : slots_) slot.worker->look_at_memory();
      }
      note_coverage();
      found_->take_drops(drops_);
      found_->work(0);
      // They end by themselves; whoever is at work on a finding gets to finish it.
      const bool over =
          interrupts() || seconds() > limit() + (options_.is_turn ? 0 : kGraceSeconds);
      if (over && told_ == 0) {
        told_ = seconds();
        for (const Slot& slot : slots_) slot.worker->stop(SIGINT);
      } else if (over && seconds() > told_ + (interrupts() ? kInterruptSeconds : kGraceSeconds)) {
        for (const Slot& slot : slots_) slot.worker->stop(SIGKILL);
      }
      for (Slot& slot : slots_) {
        stop_if_full(slot);
        look_after(slot);
      }
      if (seconds() >= next_watch || found_->size() != watched) {
        next_watch = seconds() + 1;
        watched = found_->size();
        show_watcher();
      }
      say_who_is_late();
      // The last line comes once all have ended.
      if (seconds() >= next && (terminal_ || !is_time_up())) {
        next = seconds() + interval;
        show_progress();
      }
    }
    look_into_afl();
    note_coverage();
    seconds_ = seconds();
    show_progress();
    if (terminal_) fmt::print("\n");
  }

  void say_who_is_late() {
    if (said_late_ || options_.is_turn || interrupts() ||
        seconds() < options_.seconds + kEndSeconds)
      return;
    said_late_ = true;
    fmt::print(out_,
               "{}the time is up: a process gets to end what it is at, for {:.0f} s at most\n",
               anew_, 2 * kGraceSeconds - kEndSeconds);
    std::fflush(out_);
  }

  void poll_workers() {
    std::vector<pollfd> files;
    for (const Slot& slot : slots_)
      if (slot.worker->output() >= 0) files.push_back({slot.worker->output(), POLLIN, 0});
    poll(files.data(), files.size(), found_->is_busy() ? 20 : 200);
    for (const pollfd& file : files)
      for (const Slot& slot : slots_)
        if (file.revents && slot.worker->output() == file.fd) slot.worker->read_output();
  }

  // A place for a process, where another takes over from one that has ended.
  struct Slot {
    std::unique_ptr<Worker> worker;
    bool ended = false;  // and waits to be replaced
    bool done = false;   // and is not replaced
    bool full = false;   // of memory that leaked
    Clock::time_point again = {};
    unsigned idle = 0;  // processes in a row that ended without having run a program
  };

  bool is_time_up() const { return interrupts() || seconds() + kEndSeconds > limit(); }

  // Before its limit of memory, which would be a finding.
  void stop_if_full(Slot& slot) {
    if (slot.full || !found_->has_leak() || slot.worker->memory_mib() < kMostMemoryMib / 2) return;
    slot.full = true;
    slot.worker->stop(SIGINT);
  }

  void look_after(Slot& slot) {
    if (slot.done || slot.worker->output() >= 0) return;
    if (!slot.ended) {
      slot.ended = true;
      slot.done = !ended(slot) || is_time_up();
    }
    if (slot.done || Clock::now() < slot.again) return;
    if (is_time_up()) {
      slot.done = true;
      return;
    }
    ++restarts_;
    ended_ += slot.worker->counters();
    slot.worker = make_worker(static_cast<std::size_t>(&slot - slots_.data()));
    slot.ended = slot.full = false;
  }

  // What it ended on is taken up. False if no other shall take its place.
  bool ended(Slot& slot) {
    Worker& worker = *slot.worker;
    const bool early = !is_time_up();
    const WorkerEnd end = worker.finish();
    if (end.crashed) {
      long_ends_ += end.took_long;
      std::vector<std::vector<std::uint8_t>> before = worker.recent_inputs();
      if (before.empty()) before.emplace_back();
      if (!keep_last_input(end.input, before.back())) return true;
      before.pop_back();
      const std::string input = read_if_there(end.input).value_or("");
      found_->add(end.input, {worker.said(), end.starved, std::move(before), worker.step()});
      leave_out(input, {seeds_, corpus_});  // the next one would end on it, too
      return true;
    }
    // One that is stopped while it starts, or too busy to hear of it, ends by the signal.
    if (interrupts() || told_ > 0 || (!end.failed && (slot.full || !early))) return true;
    if (ends_[end.how]++ == 0)
      fmt::print(stderr, "\ntidemark: a fuzzing process ended by itself, with {}:\n{}\n", end.how,
                 last_of(worker.said(), 2000));
    failed_ = true;
    slot.again = Clock::now() + kPause;
    slot.idle = worker.programs() ? 0 : slot.idle + 1;
    return slot.idle < kMostIdle;
  }

  Outcome summary() const {
    if (interrupts() && !options_.is_turn)
      fmt::print(out_, "interrupted, {} s were asked for\n", options_.seconds);
    const Counters total = counters();
    fmt::print(out_, "{} programs, {} operations in {:.0f} s; coverage {}; ", total.programs,
               total.operations, seconds_, coverage_);
    found_->print_summary(total.left_out);
    if (!options_.known && tested_.subject != kTracker && !is_library(tested_.subject))
      fmt::print(out_, "what {} is known to differ in takes --known\n", tested_.subject);
    if (restarts_)
      fmt::print(out_, "restarts: {} processes ended on what they found, and were replaced\n",
                 restarts_);
    for (const auto& [how, times] : ends_)
      fmt::print(out_, "  {:>4} x  a fuzzing process ended by itself, with {}\n", times, how);
    if (found_->size()) return Outcome::found;
    if (total.programs) return failed_ ? Outcome::failed : Outcome::nothing;
    if (options_.is_turn && interrupts()) return Outcome::nothing;
    fmt::print(stderr, "tidemark: {} ran no program{}\n", quoted_path(options_.target.string()),
               interrupts() ? " before it was interrupted" : ": is it a fuzz target?");
    return Outcome::failed;
  }

  const Options& options_;
  const UnderTest& tested_;
  const fs::path work_;
  fs::path target_;
  const fs::path artifacts_ = work_ / "artifacts", corpus_ = work_ / "corpus";
  const fs::path drops_ = work_ / "drops", handed_over_ = work_ / "long";
  const fs::path aside_ = work_ / "aside";  // of the corpus: inputs on which a process dies
  const fs::path seeds_ = work_ / "seeds", known_ = work_ / "known", deadly_ = work_ / "deadly";
  const bool terminal_ = !options_.json && is_terminal();
  const char* const anew_ = terminal_ ? "\r\x1b[K" : "";
  std::FILE* const out_ = options_.json ? stderr : stdout;  // for people
  Clock::time_point started_;
  double seconds_ = 0;
  double told_ = 0;  // when the processes were told to end
  std::vector<Slot> slots_;
  Counters ended_;  // of workers that were replaced
  std::size_t restarts_ = 0;
  std::map<std::string, std::size_t> ends_;  // other than by findings: how, and how often
  std::vector<std::string> results_;         // that the inputs to start from come to
  std::uint64_t coverage_ = 0, corpus_size_ = 0;
  Clock::time_point last_new_;
  std::uint64_t shown_programs_ = 0;
  double shown_seconds_ = 0;
  std::optional<std::size_t> shown_found_;  // with the last row
  std::optional<Found> found_;
  Afl afl_{work_, corpus_, artifacts_};
  unsigned long_ends_ = 0;  // processes in which something took too long
  bool failed_ = false, said_late_ = false;
};

// For the fuzzing processes, and for the children that judge what these find.
void set_environment(const Options& options) {
  // A session before this one may have had leaks.
  static const char* const asan = getenv("ASAN_OPTIONS");
  static const std::optional<std::string> own = asan ? std::optional(asan) : std::nullopt;
  if (own)
    setenv("ASAN_OPTIONS", own->c_str(), 1);
  else
    unsetenv("ASAN_OPTIONS");
  setenv(kSubjectVariable, std::string(options.tested.subject).c_str(), 1);
  if (options.known) setenv(kWithKnownVariable, "", 1);
  if (options.all_stores) setenv(kAllStoresVariable, "", 1);
  setenv(kReportedVariable, fs::absolute(options.work / "known").c_str(), 1);
}

}  // namespace

Outcome run(const Options& options) {
  count_interrupts();
  set_environment(options);
  return Running(options, options.tested.counting(options.known ? kAllKnown : "")).run();
}

}  // namespace tidemark::session
