// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzes with one process for each core and watches them.
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <system_error>
#include <thread>

#include "commands.h"
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

volatile sig_atomic_t interrupted = 0;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::size_t files_in(const fs::path& folder) {
  std::error_code ignored;
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder, ignored), fs::directory_iterator()));
}

class Run {
 public:
  explicit Run(const Options& options) : options_(options) {}

  int run() {
    start();
    watch();
    collect();
    summary();
    if (!crashes_.empty()) return kFound;
    return failed_ ? kCouldNot : kFine;
  }

 private:
  void start() {
    const fs::path corpus = fs::path(options_.work) / "corpus";
    fs::create_directories(corpus);
    fmt::print("fuzzing {} s in {} processes, from {} seeds and {} earlier inputs\n",
               options_.seconds, options_.jobs, files_in(options_.seeds), files_in(corpus));
    std::fflush(stdout);
    started_ = Clock::now();
    for (unsigned i = 0; i < options_.jobs; ++i) {
      const std::vector<std::string> arguments = {
          fmt::format("-max_total_time={}", options_.seconds),
          fmt::format("-max_len={}", kMaxProgramBytes),
          "-reload=1", "-timeout=20", "-rss_limit_mb=1024", "-print_final_stats=1",
          corpus, options_.seeds};
      workers_.push_back(std::make_unique<Worker>(
          options_.target, fs::path(options_.work) / fmt::format("worker-{}", i), arguments));
    }
  }

  std::uint64_t programs() const { return sum(&Worker::programs); }
  std::uint64_t operations() const { return sum(&Worker::operations); }
  std::uint64_t sum(std::uint64_t (Worker::*count)() const) const {
    std::uint64_t total = 0;
    for (const auto& worker : workers_) total += (*worker.*count)();
    return total;
  }
  std::uint64_t coverage() const {
    std::uint64_t most = 0;
    for (const auto& worker : workers_) most = std::max(most, worker->coverage());
    return most;
  }

  void show_progress(bool terminal) const {
    const double seconds = std::max(seconds_since(started_), 0.001);
    const std::string line = fmt::format(
        "{:6.0f} s  {:8.0f} programs/s  {:9.0f} operations/s  coverage {:5}  findings {}",
        seconds, static_cast<double>(programs()) / seconds,
        static_cast<double>(operations()) / seconds, coverage(), crashes_.size());
    if (terminal)
      fmt::print("\r\x1b[K{}", line);
    else
      fmt::print("{}\n", line);
    std::fflush(stdout);
  }

  // Until all have ended: by themselves, or because one of them has found
  // something, or because the user has seen enough.
  void watch() {
    const bool terminal = isatty(STDOUT_FILENO);
    const double interval = terminal ? 0.5 : 10;
    double next = interval;
    bool stopping = false;
    for (;;) {
      std::vector<pollfd> files;
      for (const auto& worker : workers_)
        if (worker->output() >= 0) files.push_back({worker->output(), POLLIN, 0});
      if (files.empty()) break;
      poll(files.data(), files.size(), 200);
      bool ended = false;
      for (const pollfd& file : files) {
        if (!file.revents) continue;
        for (const auto& worker : workers_)
          if (worker->output() == file.fd) ended |= !worker->read_output();
      }
      if ((ended || interrupted) && !stopping) {
        stopping = true;
        for (const auto& worker : workers_) worker->interrupt();
      }
      if (seconds_since(started_) >= next) {
        next += interval;
        show_progress(terminal);
      }
    }
    seconds_ = seconds_since(started_);
    show_progress(terminal);
    if (terminal) fmt::print("\n");
  }

  void collect() {
    for (const auto& worker : workers_) {
      bool failed = false;
      auto crash = worker->finish(failed);
      if (failed) {
        fmt::print(stderr, "tidemark: a fuzzing process ended by itself:\n{}\n",
                   worker->said().substr(worker->said().size() -
                                         std::min<std::size_t>(worker->said().size(), 2000)));
        failed_ = true;
      } else if (crash) {
        crashes_.push_back(std::move(*crash));
      }
    }
  }

  // The input is kept under the signature's name.
  fs::path keep(const Crash& crash) const {
    const fs::path folder = fs::path(options_.findings) / crash.signature;
    fs::create_directories(folder);
    const fs::path kept = folder / crash.input.filename();
    fs::copy_file(crash.input, kept, fs::copy_options::overwrite_existing);
    return kept;
  }

  void summary() const {
    for (const Crash& crash : crashes_) {
      const fs::path kept = keep(crash);
      fmt::print("\nfound: {}\n{}", crash.signature, crash.report);
      fmt::print("input     {}\nreplay    ./tidemark replay {}\n", kept.string(), kept.string());
    }
    fmt::print("{}{} programs, {} operations in {:.0f} s; coverage {}; {}\n",
               crashes_.empty() ? "" : "\n", programs(), operations(), seconds_, coverage(),
               crashes_.empty() ? "nothing found" : fmt::format("{} found", crashes_.size()));
  }

  const Options& options_;
  Clock::time_point started_;
  double seconds_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Crash> crashes_;
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
    fmt::print(stderr, "tidemark: {}\n", error.what());
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
