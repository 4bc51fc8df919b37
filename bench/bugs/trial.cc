// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "trial.h"

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "ablation.h"
#include "isolation.h"
#include "program_bytes.h"
#include "reporter.h"
#include "worker.h"

namespace tidemark::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kHangSeconds = 25;   // without the end of a program
constexpr double kGraceSeconds = 10;  // for a process that was told to end

// One that is under way.
struct Attempt {
  Trial* trial;
  fs::path folder;
  std::unique_ptr<session::Worker> worker;
  bool told = false;   // to end
  bool hangs = false;  // and was killed for it
};

Attempt begin(Trial& trial, const Limits& limits, const fs::path& bugs, const fs::path& seeds,
              const fs::path& work) {
  Attempt attempt{
      &trial, work / fmt::format("{}-{}-{}-{}", trial.bug, trial.engine, trial.start, trial.number),
      nullptr};
  fs::remove_all(attempt.folder);
  fs::create_directories(attempt.folder / "corpus");
  fs::create_directories(attempt.folder / "artifacts");
  std::vector<std::string> arguments = {fmt::format("-seed={}", trial.number + 1),
                                        fmt::format("-max_len={}", kMaxProgramBytes),
                                        "-len_control=0",
                                        "-rss_limit_mb=2048",
                                        "-print_final_stats=0",
                                        "-symbolize=0",
                                        attempt.folder / "corpus"};
  if (limits.programs != Limits{}.programs)
    arguments.push_back(fmt::format("-runs={}", limits.programs));
  if (trial.start == "seeds") arguments.push_back(seeds);
  setenv(kLeftOutVariable, trial.left_out.c_str(), 1);
  // Without drops: it ends on the first, so that its programs can be counted.
  const session::Worker::Places places = {.folder = attempt.folder,
                                          .artifacts = attempt.folder / "artifacts",
                                          .known = attempt.folder / "known"};
  attempt.worker =
      std::make_unique<session::Worker>(bugs / trial.bug / trial.engine, places, arguments);
  return attempt;
}

// A crash has no name but the one that it was seen with.
std::optional<Signature> seen_as(const std::string& said) {
  const auto at = said.rfind(std::string("\n") + kSeenAs);
  if (at == std::string::npos) return std::nullopt;
  const auto from = said.find(kSeenAs, at) + std::string_view(kSeenAs).size();
  return parse_signature(std::string_view(said).substr(from, said.find('\n', from) - from));
}

// The number behind "after" in what `tidemark minimise` prints.
std::size_t reduced_operations(const fs::path& tool, const fs::path& input) {
  constexpr unsigned kSeconds = 120;
  const Ending ending = run_program({tool, "minimise", input}, kSeconds);
  const auto at = ending.said.find("\nafter ");
  if (!ending.fine || at == std::string::npos) return 0;
  return std::strtoull(ending.said.c_str() + at + 7, nullptr, 10);
}

void end(Attempt& attempt, const fs::path& bugs) {
  Trial& trial = *attempt.trial;
  trial.seconds = attempt.worker->processor_seconds();
  const session::WorkerEnd how = attempt.worker->finish();
  trial.programs = attempt.worker->programs();
  trial.found = how.crashed || attempt.hangs;
  if (attempt.hangs) {
    trial.seen_as = {.kind = Kind::hang};
    trial.name = print(trial.seen_as);
  } else if (how.crashed) {
    Ending ending;
    ending.said = attempt.worker->said();
    const Signature ended = signature_of(ending);
    trial.name = print(ended);
    trial.seen_as = seen_as(ending.said).value_or(ended);
    // Once a bug is enough: it is the same program, more or less.
    if (trial.number == 0 && trial.left_out.empty())
      trial.operations = reduced_operations(bugs / trial.bug / "tidemark", how.input);
  }
  attempt.worker.reset();
  fs::remove_all(attempt.folder);
}

// By what its process had of a core: on a busy machine a trial gets no less of it. A program
// hangs by what it could have had, as it may sleep for ever, but not for want of a core.
void judge_time(Attempt& attempt, const Limits& limits) {
  const double used = attempt.worker->processor_seconds();
  const double still = attempt.worker->seconds_without_program();
  attempt.hangs |= !attempt.told && still > kHangSeconds;
  if (attempt.hangs || used > limits.seconds + kGraceSeconds) {
    attempt.worker->stop(SIGKILL);
  } else if (!attempt.told && used > limits.seconds) {
    attempt.worker->stop(SIGINT);
    attempt.told = true;
  }
}

void watch(std::vector<Attempt>& running, const Limits& limits) {
  std::vector<pollfd> files;
  for (const Attempt& attempt : running) files.push_back({attempt.worker->output(), POLLIN, 0});
  poll(files.data(), files.size(), 200);
  for (std::size_t i = 0; i < running.size(); ++i) {
    if (files[i].revents) running[i].worker->read_output();
    judge_time(running[i], limits);
  }
}

}  // namespace

void run_trials(std::vector<Trial>& trials, const Limits& limits, const fs::path& bugs,
                const fs::path& seeds, const fs::path& work,
                const std::function<void(const Trial&)>& done) {
  std::vector<Attempt> running;
  for (std::size_t next = 0; next < trials.size() || !running.empty();) {
    while (next < trials.size() && running.size() < limits.jobs)
      running.push_back(begin(trials[next++], limits, bugs, seeds, work));
    watch(running, limits);
    for (std::size_t i = running.size(); i-- > 0;) {
      if (running[i].worker->output() >= 0) continue;
      end(running[i], bugs);
      done(*running[i].trial);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

}  // namespace tidemark::bench
