// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "trial.h"

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "ablation.h"
#include "afl.h"
#include "files.h"
#include "isolation.h"
#include "program_bytes.h"
#include "program_file.h"
#include "program_text.h"
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
  std::unique_ptr<session::Afl> afl;  // if that is the engine
  bool at_seeds = false;              // and has still to see these
  bool told = false;                  // to end
  bool hangs = false;                 // and was killed for it
};

// libFuzzer's, and those of ours that understand its options.
std::vector<std::string> words_of(const Trial& trial, const Limits& limits, const Folders& folders,
                                  const fs::path& folder) {
  std::vector<std::string> arguments = {fmt::format("-seed={}", trial.number + 1),
                                        fmt::format("-max_len={}", kMaxProgramBytes),
                                        "-len_control=0",
                                        "-rss_limit_mb=2048",
                                        "-print_final_stats=0",
                                        "-symbolize=0",
                                        folder / "corpus"};
  if (limits.programs != Limits{}.programs)
    arguments.push_back(fmt::format("-runs={}", limits.programs));
  if (trial.start == "seeds") arguments.push_back(folders.seeds);
  return arguments;
}

// afl-fuzz leaves out what crashes at once. So the target first runs all seeds by itself, small
// ones first, as libFuzzer does: a bug that several show is then seen in the same.
std::vector<std::string> words_of_seeds(const fs::path& target, const fs::path& seeds) {
  std::vector<std::pair<std::uintmax_t, std::string>> sized;
  for (const auto& entry : fs::directory_iterator(seeds))
    sized.emplace_back(entry.file_size(), entry.path());
  std::ranges::sort(sized);
  std::vector<std::string> words = {target};
  for (const auto& [size, path] : sized) words.push_back(path);
  return words;
}

std::vector<std::string> words_of_afl(const Attempt& attempt, const Limits& limits,
                                      const Folders& folders) {
  session::AflInstance instance = {.target = folders.afl / "bugs" / attempt.trial->bug / "plain",
                                   .mutator = folders.afl / "fuzz" / "libafl_mutator.so",
                                   .seconds = 1e8,  // of the clock: by that none is given up
                                   .timeout = static_cast<unsigned>(2 * kHangSeconds),
                                   .seed = attempt.trial->number + 1};
  if (limits.programs != Limits{}.programs) instance.programs = limits.programs;
  return attempt.afl->words(instance);
}

session::Worker::Places places_of(const Attempt& attempt) {
  // Without drops: it ends on the first, so that its programs can be counted.
  return {.folder = attempt.folder,
          .artifacts = attempt.folder / "artifacts",
          .known = attempt.folder / "known"};
}

void begin_with_afl(Attempt& attempt, const Limits& limits, const Folders& folders) {
  const bool from_seeds = attempt.trial->start == "seeds";
  attempt.afl = std::make_unique<session::Afl>(attempt.folder, attempt.folder / "corpus",
                                               attempt.folder / "artifacts");
  attempt.afl->begin(from_seeds ? std::vector{folders.seeds} : std::vector<fs::path>());
  attempt.at_seeds = from_seeds;
  const fs::path target = folders.afl / "bugs" / attempt.trial->bug / "plain";
  attempt.worker = std::make_unique<session::Worker>(
      places_of(attempt),
      from_seeds ? words_of_seeds(target, folders.seeds) : words_of_afl(attempt, limits, folders));
}

Attempt begin(Trial& trial, const Limits& limits, const Folders& folders) {
  Attempt attempt = {.trial = &trial,
                     .folder = folders.work / fmt::format("{}-{}-{}-{}", trial.bug, trial.engine,
                                                          trial.start, trial.number),
                     .worker = nullptr,
                     .afl = nullptr};
  fs::remove_all(attempt.folder);
  fs::create_directories(attempt.folder / "corpus");
  fs::create_directories(attempt.folder / "artifacts");
  setenv(kLeftOutVariable, trial.left_out.c_str(), 1);
  if (trial.engine == kAfl)
    begin_with_afl(attempt, limits, folders);
  else
    attempt.worker = std::make_unique<session::Worker>(
        folders.bugs / trial.bug / trial.engine, places_of(attempt),
        words_of(trial, limits, folders, attempt.folder));
  return attempt;
}

// A crash has no name but the one that it was seen with. What AFL++'s main says of files may end
// in the middle of a line.
std::optional<Signature> seen_as(const std::string& said) {
  const auto at = said.rfind(kSeenAs);
  if (at == std::string::npos) return std::nullopt;
  const auto from = at + std::string_view(kSeenAs).size();
  return parse_signature(std::string_view(said).substr(from, said.find('\n', from) - from));
}

// What `tidemark minimise` makes of `input`; it is written beside that, and goes with it.
std::optional<Program> reduced(const fs::path& tool, const fs::path& input) {
  constexpr unsigned kSeconds = 120;
  const std::string small = input.string() + ".min.trace";
  if (!run_program({tool, "minimise", "--output", small, input}, kSeconds).fine)
    return std::nullopt;
  auto loaded = load_program(small);
  if (!std::holds_alternative<LoadedProgram>(loaded)) return std::nullopt;
  Program program = std::move(std::get<LoadedProgram>(loaded).program);
  program.expectations.clear();
  return program;
}

// What a process of AFL++'s, or of its target with the seeds, ended on.
std::optional<fs::path> crashed_on(Attempt& attempt, const session::WorkerEnd& how) {
  if (!attempt.afl) return how.crashed ? std::optional(how.input) : std::nullopt;
  if (!attempt.at_seeds) {
    const auto artifacts = attempt.afl->take(0);
    return artifacts.empty() ? std::nullopt : std::optional(artifacts.front());
  }
  if (!how.failed || attempt.told) return std::nullopt;
  fs::path input = attempt.folder / "artifacts" / "seed";
  const auto recent = attempt.worker->recent_inputs();
  write_file(input, characters(recent.empty() ? std::vector<std::uint8_t>() : recent.back()),
             Survives::process);
  return input;
}

// False if it goes on, with another process.
bool end(Attempt& attempt, const Limits& limits, const Folders& folders) {
  Trial& trial = *attempt.trial;
  trial.seconds += attempt.worker->processor_seconds();
  const session::WorkerEnd how = attempt.worker->finish();
  trial.programs += attempt.worker->programs();
  const auto input = crashed_on(attempt, how);
  if (attempt.at_seeds && !input && !attempt.hangs && !attempt.told) {
    attempt.at_seeds = false;
    attempt.worker = std::make_unique<session::Worker>(places_of(attempt),
                                                       words_of_afl(attempt, limits, folders));
    return false;
  }
  trial.found = input || attempt.hangs;
  if (attempt.hangs) {
    trial.seen_as = {.kind = Kind::hang};
    trial.name = print(trial.seen_as);
  } else if (input) {
    Ending ending;
    ending.said = attempt.worker->said();
    const Signature ended = signature_of(ending);
    trial.name = print(ended);
    trial.seen_as = seen_as(ending.said).value_or(ended);
    if (trial.left_out.empty())
      if (const auto small = reduced(folders.bugs / trial.bug / "tidemark", *input)) {
        trial.operations = small->operations.size();
        trial.reduced = print(*small);
      }
  }
  attempt.worker.reset();
  fs::remove_all(attempt.folder);
  return true;
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

void run_trials(std::vector<Trial>& trials, const Limits& limits, const Folders& folders,
                const std::function<void(const Trial&)>& done) {
  std::vector<Attempt> running;
  for (std::size_t next = 0; next < trials.size() || !running.empty();) {
    while (next < trials.size() && running.size() < limits.jobs)
      running.push_back(begin(trials[next++], limits, folders));
    watch(running, limits);
    for (std::size_t i = running.size(); i-- > 0;) {
      if (running[i].worker->output() >= 0 || !end(running[i], limits, folders)) continue;
      done(*running[i].trial);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

}  // namespace tidemark::bench
