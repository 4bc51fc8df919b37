// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzes with one process for each core, watches them, files what they find,
// and goes on until the time is up.
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <system_error>
#include <thread>

#include "commands.h"
#include "filing.h"
#include "operation_bytes.h"
#include "operation_text.h"
#include "worker.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string target, seeds, work, findings = "findings";
  unsigned seconds = 60;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
};

constexpr double kGraceSeconds = 10;

volatile sig_atomic_t interrupted = 0;

std::vector<std::uint8_t> read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options),
        work_(options.work),
        artifacts_(work_ / "artifacts"),
        store_(options.findings) {}

  int run() {
    fs::create_directories(work_ / "corpus");
    fs::create_directories(artifacts_);
    if (!lock_work()) return kCouldNot;
    write_known();
    file_leftovers();
    start();
    watch();
    file_leftovers();  // of processes that were stopped while they wrote
    summary();
    if (!found_.empty()) return kFound;
    return failed_ ? kCouldNot : kFine;
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

  // Two runs at once would take each other's inputs for leftovers. The lock goes
  // with the process.
  bool lock_work() const {
    const int file = open((work_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0) return true;
    fmt::print(stderr, "tidemark: another run is using '{}'; give this one its own with --work\n",
               options_.work);
    return false;
  }

  void start() {
    fmt::print("fuzzing for {} s in {} processes, from {} seeds and {} earlier inputs\n",
               options_.seconds, options_.jobs, files_in(options_.seeds),
               files_in(work_ / "corpus"));
    std::fflush(stdout);
    started_ = Clock::now();
    for (unsigned i = 0; i < options_.jobs; ++i) workers_.push_back(make_worker(i));
  }

  std::unique_ptr<Worker> make_worker(std::size_t number) const {
    const double left = std::max(1.0, options_.seconds - seconds());
    const std::vector<std::string> arguments = {fmt::format("-max_total_time={:.0f}", left),
                                                fmt::format("-max_len={}", kMaxProgramBytes),
                                                "-reload=1",
                                                "-timeout=20",
                                                "-rss_limit_mb=1024",
                                                "-print_final_stats=1",
                                                work_ / "corpus",
                                                options_.seeds};
    return std::make_unique<Worker>(options_.target, work_ / fmt::format("worker-{}", number),
                                    artifacts_, work_ / "known", arguments);
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
        coverage(), found_.size());
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
      // They end by themselves; whoever is at work on a finding gets to finish it.
      const bool over = interrupted || seconds() > options_.seconds + kGraceSeconds;
      if (over && told == 0) {
        told = seconds();
        for (const auto& worker : workers_) worker->stop(SIGINT);
      } else if (over && seconds() > told + kGraceSeconds) {
        for (const auto& worker : workers_) worker->stop(SIGKILL);
      }
      for (std::size_t i = 0; i < workers_.size(); ++i)
        if (workers_[i]->output() < 0 && !done_[i]) ended(i);
      if (seconds() >= next) {
        next += interval;
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
    poll(files.data(), files.size(), 200);
    for (const pollfd& file : files)
      for (const auto& worker : workers_)
        if (file.revents && worker->output() == file.fd) worker->read_output();
  }

  // A worker has ended: what it found is filed, and another takes its place.
  void ended(std::size_t i) {
    Worker& worker = *workers_[i];
    const End end = worker.finish();
    done_[i] = true;
    if (end.failed && !interrupted) {
      const std::string& said = worker.said();
      fmt::print(stderr, "\ntidemark: a fuzzing process ended by itself:\n{}\n",
                 said.substr(said.size() - std::min<std::size_t>(said.size(), 2000)));
      failed_ = true;
    }
    if (!end.crashed) return;
    file(end.input, worker.said());
    if (interrupted || seconds() + 1 > options_.seconds) return;
    ended_.programs += worker.programs();
    ended_.operations += worker.operations();
    workers_[i] = make_worker(i);
    done_[i] = false;
  }

  // What an earlier run found, but was killed before it could file it.
  void file_leftovers() {
    for (const auto& entry : fs::directory_iterator(artifacts_))
      file(entry.path(), "what the process said is lost\n");
  }

  // Only when the finding is in its folder does the input go. `said` is what
  // the process printed.
  void file(const fs::path& input, const std::string& said) {
    if (!fs::exists(input)) return;  // another process ended on the same bytes
    const std::vector<std::uint8_t> bytes = read_bytes(input);
    auto diagnosed = diagnose_any(decode(bytes), bytes);
    if (diagnosed) {
      announce(diagnosed->finding);
    } else {
      // A timeout or out-of-memory of libFuzzer's, most likely.
      Finding finding;
      finding.signature =
          "unexplained." + input.filename().string().substr(0, input.filename().string().find('-'));
      finding.input = bytes;
      finding.report =
          "a fuzzing process ended on this input; replaying it shows nothing.\n"
          "The last that it printed:\n\n" +
          said.substr(said.size() - std::min<std::size_t>(said.size(), 8000));
      announce(finding);
    }
    fs::remove(input);
  }

  void announce(const Finding& finding) {
    const FindingStore::Filed filed = store_.file(finding);
    ++found_[finding.signature];
    write_known();
    if (found_[finding.signature] > 1) return;
    if (terminal_) fmt::print("\r\x1b[K");
    fmt::print("\n{}: {}\n", filed.is_new ? "found" : "found again", finding.signature);
    if (finding.program) fmt::print("\n{}", print(*finding.program));
    fmt::print("\n{}\n      {}\n\n", finding.report, filed.folder.string());
    std::fflush(stdout);
    fresh_ += filed.is_new;
  }

  // The fuzzing processes read it whenever they find something. Only of this
  // run: what was found yesterday and is still there shall be said today.
  void write_known() const {
    std::string lines;
    for (const auto& [signature, times] : found_) lines += signature + "\n";
    write_file(work_ / "known", lines);
  }

  void summary() const {
    fmt::print("{} programs, {} operations in {:.0f} s; coverage {}; ", programs(), operations(),
               seconds_, coverage());
    if (found_.empty()) {
      fmt::print("nothing found\n");
    } else {
      fmt::print("{} found, {} of them new\n", found_.size(), fresh_);
      for (const auto& [signature, times] : found_) fmt::print("  {:>4} x  {}\n", times, signature);
      fmt::print("each is a folder in {}: begin with report.txt\n", options_.findings);
    }
  }

  const Options& options_;
  const fs::path work_, artifacts_;
  const bool terminal_ = isatty(STDOUT_FILENO) != 0;
  Clock::time_point started_;
  double seconds_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<bool> done_;
  Counters ended_;  // of workers that were replaced
  FindingStore store_;
  std::map<std::string, std::size_t> found_;
  std::size_t fresh_ = 0;
  bool failed_ = false;
};

int fuzz(Options options) {
  if (options.work.empty()) options.work = fs::path(options.target).parent_path() / "fuzzing";
  if (access(options.target.c_str(), X_OK) != 0) {
    fmt::print(stderr, "tidemark: no fuzz target at '{}'\n", options.target);
    return kCouldNot;
  }
  signal(SIGINT, [](int) { interrupted = 1; });
  signal(SIGTERM, [](int) { interrupted = 1; });
  try {
    return Run(options).run();
  } catch (const std::system_error& error) {
    fmt::print(stderr, "\ntidemark: {}\n", error.what());
    return kCouldNot;
  }
}

}  // namespace

void add_fuzz(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("fuzz", "Fuzz the tracker against the reference until time is up");
  auto options = std::make_shared<Options>();
  command->add_option("--seconds", options->seconds, "How long")
      ->capture_default_str()
      ->check(CLI::Range(1u, 100'000'000u));
  command->add_option("--jobs", options->jobs, "Processes")
      ->capture_default_str()
      ->check(CLI::Range(1u, 256u));
  command->add_option("--target", options->target, "The fuzz target, built for libFuzzer")
      ->required();
  command->add_option("--seeds", options->seeds, "Folder of inputs to start from")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--work", options->work, "Folder for the growing corpus");
  command->add_option("--findings", options->findings, "Folder for what is found")
      ->capture_default_str();
  command->footer("Exit code: 0 nothing found, 1 something found, 2 it could not run.");
  command->callback([options, &action] { action = [options] { return fuzz(*options); }; });
}

}  // namespace tidemark::cli
