// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzes with one process for each core, watches them, files what they find,
// and goes on until the time is up.
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "commands.h"
#include "dedup.h"
#include "diagnose_input.h"
#include "files.h"
#include "found.h"
#include "interrupts.h"
#include "program_bytes.h"
#include "program_file.h"
#include "start_inputs.h"
#include "terminal.h"
#include "text.h"
#include "worker.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string subject{kTracker}, target, seeds, work, findings = "findings";
  bool known = false;
  unsigned seconds = 60;
  unsigned timeout = kMostSeconds;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
};

constexpr double kGraceSeconds = 10;

std::string last_of(const std::string& text, std::size_t bytes) {
  return text.substr(text.size() - std::min(text.size(), bytes));
}

bool has_content(const fs::path& path, const std::string& content) {
  std::error_code none;
  return fs::file_size(path, none) == content.size() && read_if_there(path) == content;
}

class Run {
 public:
  Run(const Options& options, const UnderTest& tested)
      : options_(options),
        tested_(tested),
        work_(fs::absolute(options.work)),
        target_(fs::absolute(options.target)) {}

  int run() {
    fs::create_directories(corpus_);
    fs::create_directories(artifacts_);
    fs::create_directories(drops_);
    fs::create_directories(aside_);
    // Two runs at once would take each other's inputs for leftovers. Of a run that was
    // just killed, children may live a moment longer.
    const FolderLock alone(work_, 2);
    if (alone.another_has_it()) return refuse_to_share();
    found_.emplace(tested_, options_.findings, known_, options_.timeout);
    file_leftovers();
    link_seeds();
    file_deadly_inputs();
    start();
    watch();
    file_leftovers();  // of processes that were stopped while they wrote
    while (found_->has_leads() && !interrupts()) found_->file_lead();
    return summary();
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

  int refuse_to_share() const {
    return complain("another run is using " + quoted_path(options_.work) +
                    "; give this one its own with --work");
  }

  // Of processes that have ended.
  void file_leftovers() {
    clear_unfinished(drops_);
    found_->take_drops(drops_);
    found_->file_leftovers(artifacts_);
  }

  // Each by a link of its own, so that one on which the target dies can be left
  // out: processes that start anew would all die on it.
  void link_seeds() {
    fs::remove_all(seeds_);
    fs::create_directory(seeds_);
    std::size_t number = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fs::absolute(options_.seeds)))
      if (entry.is_regular_file())
        fs::create_symlink(entry.path(), seeds_ / std::to_string(number++));
  }

  // From all that a process starts with.
  void leave_out(const std::string& input) const {
    for (const fs::path& folder : {seeds_, corpus_}) {
      const std::vector<fs::directory_entry> entries(fs::directory_iterator(folder), {});
      for (const auto& entry : entries)
        if (has_content(entry.path(), input)) fs::remove(entry.path());
    }
  }

  // What the corpus itself shows, first, and once for each way to die: a process that
  // starts would die on it, and the one in its place again.
  void file_deadly_inputs() {
    std::vector<fs::path> inputs;
    for (const fs::path& folder : {seeds_, corpus_})
      for (const auto& entry : fs::directory_iterator(folder))
        if (entry.is_regular_file()) inputs.push_back(entry.path());
    const auto deadly = deadly_inputs(tested_, inputs, options_.timeout);
    for (const auto& [input, signature] : deadly) {
      if (!found_->has_seen(signature)) {
        const fs::path artifact = artifacts_ / ("start-" + input.filename().string());
        write_file(artifact, read_file(input), Survives::process);
        found_->file(artifact, "it was among the inputs to start from\n", false);
      }
      // Seeds are links. Another may show another bug once this one is mended.
      if (fs::is_symlink(input))
        fs::remove(input);
      else
        fs::rename(input, aside_ / input.filename());
    }
    if (deadly.empty()) return;
    fmt::print("{} of {} inputs to start from end the process, and are left out\n", deadly.size(),
               inputs.size());
  }

  void start() {
    fmt::print("fuzzing for {} s in {} processes, from {} seeds and {} earlier inputs\n",
               options_.seconds, options_.jobs, files_in(seeds_), files_in(corpus_));
    std::fflush(stdout);
    started_ = Clock::now();
    for (unsigned i = 0; i < options_.jobs; ++i) workers_.push_back(make_worker(i));
  }

  std::unique_ptr<Worker> make_worker(std::size_t number) const {
    const double left = std::max(1.0, options_.seconds - seconds());
    const std::vector<std::string> arguments = {
        fmt::format("-max_total_time={:.0f}", left), fmt::format("-max_len={}", kMaxProgramBytes),
        fmt::format("-rss_limit_mb={}", kMostMemoryMib),
        fmt::format("-timeout={}", options_.timeout),
        // One program in a giant mapping takes as long as 100,000 others.
        "-entropic_scale_per_exec_time=1",
        // Nothing ends on these, so they are no findings.
        "-report_slow_units=1000000", "-reload=1", "-print_final_stats=1",
        // That a file may not grow is for whoever writes it to say.
        "-handle_xfsz=0", corpus_, seeds_};
    const Worker::Places places = {.folder = work_ / fmt::format("worker-{}", number),
                                   .artifacts = artifacts_,
                                   .known = known_,
                                   .drops = drops_};
    return std::make_unique<Worker>(target_, places, arguments);
  }

  std::uint64_t coverage() const {
    std::uint64_t most = 0;
    for (const auto& worker : workers_) most = std::max(most, worker->coverage());
    return most;
  }

  std::uint64_t programs() const {
    std::uint64_t total = ended_.programs;
    for (const auto& worker : workers_) total += worker->programs();
    return total;
  }

  std::uint64_t operations() const {
    std::uint64_t total = ended_.operations;
    for (const auto& worker : workers_) total += worker->operations();
    return total;
  }

  void show_progress() const {
    const double past = std::max(seconds(), 0.001);
    const std::string line = fmt::format(
        "{:6.0f} s  {:8.0f} programs/s  {:9.0f} operations/s  coverage {:5}  findings {}", past,
        static_cast<double>(programs()) / past, static_cast<double>(operations()) / past,
        coverage(), found_->size());
    fmt::print("{}{}", terminal_ ? "\r\x1b[K" : "", line);
    if (!terminal_) fmt::print("\n");
    std::fflush(stdout);
  }

  // Until the time is up or the user has seen enough.
  void watch() {
    const double interval = terminal_ ? 0.5 : 10;
    double next = interval;
    double told = 0;  // when they were
    while (any_running()) {
      poll_workers();
      found_->take_drops(drops_);
      if (found_->has_leads()) found_->file_lead();
      // They end by themselves; whoever is at work on a finding gets to finish it.
      const bool over = interrupts() || seconds() > options_.seconds + kGraceSeconds;
      if (over && told == 0) {
        told = seconds();
        for (const auto& worker : workers_) worker->stop(SIGINT);
      } else if (over && seconds() > told + kGraceSeconds) {
        for (const auto& worker : workers_) worker->stop(SIGKILL);
      }
      for (std::size_t i = 0; i < workers_.size(); ++i)
        if (workers_[i]->output() < 0 && !done_[i]) ended(i);
      if (seconds() >= next) {
        next = seconds() + interval;
        show_progress();
      }
    }
    seconds_ = seconds();
    show_progress();
    if (terminal_) fmt::print("\n");
  }

  bool any_running() {
    done_.resize(workers_.size());
    return std::ranges::count(done_, false) > 0;
  }

  void poll_workers() {
    std::vector<pollfd> files;
    for (const auto& worker : workers_)
      if (worker->output() >= 0) files.push_back({worker->output(), POLLIN, 0});
    poll(files.data(), files.size(), found_->has_leads() ? 0 : 200);
    for (const pollfd& file : files)
      for (const auto& worker : workers_)
        if (file.revents && worker->output() == file.fd) worker->read_output();
  }

  // A worker has ended: what it found is filed, and another takes its place.
  void ended(std::size_t i) {
    Worker& worker = *workers_[i];
    const WorkerEnd end = worker.finish();
    done_[i] = true;
    if (end.failed && !interrupts()) {
      fmt::print(stderr, "\ntidemark: a fuzzing process ended by itself:\n{}\n",
                 last_of(worker.said(), 2000));
      failed_ = true;
    }
    if (!end.crashed) return;
    const std::string input = read_if_there(end.input).value_or("");
    if (found_->file(end.input, worker.said(), end.starved)) leave_out(input);
    if (interrupts() || seconds() + 1 > options_.seconds) return;
    ended_.programs += worker.programs();
    ended_.operations += worker.operations();
    workers_[i] = make_worker(i);
    done_[i] = false;
  }

  int summary() const {
    fmt::print("{} programs, {} operations in {:.0f} s; coverage {}; ", programs(), operations(),
               seconds_, coverage());
    found_->print_summary();
    if (found_->size()) return kFound;
    if (programs() || interrupts()) return failed_ ? kCouldNot : kFine;
    fmt::print(stderr, "tidemark: {} ran no program: is it a fuzz target?\n",
               quoted_path(options_.target));
    return kCouldNot;
  }

  const Options& options_;
  const UnderTest& tested_;
  const fs::path work_, target_;
  const fs::path artifacts_ = work_ / "artifacts", corpus_ = work_ / "corpus";
  const fs::path drops_ = work_ / "drops";
  const fs::path aside_ = work_ / "aside";  // of the corpus: inputs on which a process dies
  const fs::path seeds_ = work_ / "seeds", known_ = work_ / "known";
  const bool terminal_ = is_terminal();
  Clock::time_point started_;
  double seconds_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<bool> done_;
  Counters ended_;  // of workers that were replaced
  std::optional<Found> found_;
  bool failed_ = false;
};

// For the fuzzing processes, and for the children that judge what these find.
void set_environment(const Options& options) {
  setenv(kSubjectVariable, options.subject.c_str(), 1);
  if (options.known) setenv(kWithKnownVariable, "", 1);
  setenv(kReportedVariable, fs::absolute(fs::path(options.work) / "known").c_str(), 1);
}

int fuzz(Options options) {
  const auto tested = subject_or_complain(options.subject);
  if (!tested) return kCouldNot;
  if (options.work.empty()) {
    const std::string of = options.subject == kTracker ? "" : "-" + options.subject;
    options.work = fs::path(options.target).parent_path() / ("fuzzing" + of);
  }
  if (options.seeds.empty()) return complain("--seeds is missing: what to start from");
  if (access(options.target.c_str(), X_OK) != 0) {
    fmt::print(stderr, "tidemark: no fuzz target at {}\n", quoted_path(options.target));
    return kCouldNot;
  }
  count_interrupts();
  set_environment(options);
  return Run(options, tested->counting(options.known ? kAllKnown : "")).run();
}

}  // namespace

void add_fuzz(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("fuzz", "Fuzz a subject against the reference until time is up");
  auto options = std::make_shared<Options>();
  add_subject(*command, options->subject);
  command->add_flag("--known", options->known, "Find also what the subject is known to differ in");
  command->add_option("--seconds", options->seconds, "How long")
      ->capture_default_str()
      ->check(CLI::Range(1u, 100'000'000u));
  command->add_option("--jobs", options->jobs, "Processes; if not told, one for each processor")
      ->check(CLI::Range(1u, 256u));
  by_wrapper(command->add_option("--target", options->target));
  command->add_option("--seeds", options->seeds, "Inputs to start from, instead of corpus/seeds")
      ->take_last()
      ->check(CLI::ExistingDirectory);
  command->add_option("--timeout", options->timeout, "Seconds after which a program hangs")
      ->capture_default_str()
      ->check(CLI::Range(1u, 3600u));
  command->add_option("--work", options->work, "Folder for the growing corpus");
  command
      ->add_option("--findings", options->findings,
                   "Folder for what is found, instead of the checkout's findings")
      ->take_last();
  command->footer("Exit code: 0 nothing found, 1 something found, 2 it could not run.");
  on_call(*command, action, options, fuzz);
}

}  // namespace tidemark::cli
