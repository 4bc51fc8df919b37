// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "judge.h"

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>

#include "files.h"
#include "isolation.h"
#include "program_bytes.h"
#include "text.h"
#include "worker.h"

namespace tidemark::mutants {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kHangSeconds = 10;  // without a program that ends; the longest take one
// Ten times what they take; threads that hand a lock on wait for every other process.
constexpr unsigned kTestSeconds = 180;

std::string line_after(const std::string& said, const std::string& marker, std::size_t at) {
  const auto from = at + marker.size();
  return said.substr(from, said.find('\n', from) - from);
}

// What stands behind the last `marker` on its line.
std::optional<std::string> last_after(const std::string& said, const std::string& marker) {
  const auto at = said.rfind(marker);
  if (at == std::string::npos) return std::nullopt;
  return line_after(said, marker, at);
}

std::optional<std::string> first_after(const std::string& said, const std::string& marker) {
  const auto at = said.find(marker);
  if (at == std::string::npos) return std::nullopt;
  return line_after(said, marker, at);
}

void must_be_fine(const Ending& ending, const std::string& what) {
  if (!ending.fine) throw std::runtime_error(what + ":\n" + ending.said);
}

// A fuzz target with `arguments`, until it ends, has had `seconds`, or hangs. Not
// libFuzzer's own limits: they go by the clock, and a busy machine must change no verdict.
Ending run_target(const fs::path& target, const fs::path& work,
                  const std::vector<std::string>& arguments, double seconds) {
  const session::Worker::Places places = {
      .folder = work / "worker", .artifacts = work, .known = work / "known"};
  session::Worker worker(target, places, arguments);
  Ending ending;
  bool stopped = false;
  while (!stopped && worker.output() >= 0) {
    pollfd file = {worker.output(), POLLIN, 0};
    poll(&file, 1, 100);
    if (file.revents) worker.read_output();
    const double still = worker.seconds_without_program();
    ending.timed_out = still > kHangSeconds;
    stopped = ending.timed_out || (still == 0 && worker.seconds() >= seconds);
  }
  if (stopped) worker.stop(SIGKILL);
  const session::WorkerEnd end = worker.finish();
  ending.fine = !ending.timed_out && (stopped || (!end.crashed && !end.failed));
  ending.said = worker.said();
  if (!stopped && !ending.fine) ending.said += "It ended with " + end.how + ".\n";
  return ending;
}

// Of one that did not survive. What ends in silence may have ended for any reason.
std::string must_have_cause(const Ending& ending, const std::string& what) {
  std::string cause = cause_of_death(ending);
  if (cause.empty()) throw std::runtime_error(what + " says nothing of why:\n" + ending.said);
  return cause;
}

std::vector<std::string> files_of(const fs::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  if (files.empty()) throw std::runtime_error("no seeds in " + quoted_path(folder.string()));
  return files;
}

// Files of the tracker that differ from the build's.
struct Sources {
  fs::path folder;
  std::vector<std::string> names;
};

fs::path object_in(const fs::path& folder, const std::string& source) {
  return folder / (source + ".o");
}

// The stages, each until something is found.
class Trial {
 public:
  Trial(const BuildCommands& commands, const Places& places, const Effort& effort,
        const fs::path& work)
      : commands_(commands), places_(places), effort_(effort), work_(work) {}

  Verdict run(const Sources& sources) const {
    const fs::path target = work_ / "fuzzer", tests = work_ / "tests", races = work_ / "races";
    const Objects objects = compile(sources, &BuildCommands::compile, "objects");
    must_be_fine(commands_.link_fuzzer(objects, target), "cannot link the fuzz target");
    if (const std::string by = replay(target); !by.empty()) return {Fate::killed_by_seeds, by};
    if (const std::string by = fuzz(target); !by.empty()) return {Fate::killed_by_fuzzing, by};
    must_be_fine(commands_.link_tests(objects, tests), "cannot link the tests");
    if (const std::string by = test(tests); !by.empty()) return {Fate::killed_by_tests, by};
    must_be_fine(commands_.link_race_tests(
                     compile(sources, &BuildCommands::compile_for_races, "race_objects"), races),
                 "cannot link the tests for races");
    if (const std::string by = test(races); !by.empty()) return {Fate::killed_by_tests, by};
    return {};
  }

 private:
  using Compiling = Ending (BuildCommands::*)(const std::string&, const fs::path&,
                                              const fs::path&) const;

  Objects compile(const Sources& sources, Compiling compiling, const char* name) const {
    const fs::path folder = work_ / name;
    fs::create_directory(folder);
    Objects objects;
    for (const std::string& source : sources.names) {
      objects[source] = object_in(folder, source);
      must_be_fine((commands_.*compiling)(source, sources.folder / source, objects[source]),
                   "cannot compile");
    }
    return objects;
  }

  std::string replay(const fs::path& target) const {
    std::vector<std::string> arguments = files_of(places_.seeds);
    arguments.insert(arguments.begin(), {"-rss_limit_mb=2048", "-symbolize=0"});
    const double no_limit = 1e9;
    const Ending ending = run_target(target, work_, arguments, no_limit);
    if (ending.fine) return {};
    const std::string cause = must_have_cause(ending, "the fuzz target");
    const auto seed = last_after(ending.said, "Running: ");
    return (seed ? fs::path(*seed).filename().string() : "no seed") + ": " + cause;
  }

  std::string fuzz(const fs::path& target) const {
    const fs::path corpus = work_ / "corpus";
    fs::create_directory(corpus);
    std::vector<std::string> arguments = {
        "-seed=1",        fmt::format("-max_len={}", kMaxProgramBytes),
        "-len_control=0", "-rss_limit_mb=2048",
        "-symbolize=0",   corpus,
        places_.seeds};
    if (effort_.programs != Effort{}.programs)
      arguments.push_back(fmt::format("-runs={}", effort_.programs));
    const Ending ending = run_target(target, work_, arguments, effort_.seconds);
    return ending.fine ? std::string() : must_have_cause(ending, "the fuzz target");
  }

  std::string test(const fs::path& tests) const {
    return failed_test(run_with_log({tests, "--gtest_fail_fast", "--gtest_color=no"}, work_ / "log",
                                    kTestSeconds));
  }

  const BuildCommands& commands_;
  const Places& places_;
  const Effort& effort_;
  const fs::path& work_;
};

// A header is where the compiler looks first: beside the file that includes it.
Sources write_sources(const Mutant& mutant, const BuildCommands& commands, const fs::path& impl,
                      const fs::path& folder) {
  const bool header = mutant.file.ends_with(".h");
  fs::create_directories(folder);
  if (header)
    for (const auto& entry : fs::directory_iterator(impl))
      if (entry.is_regular_file()) fs::copy_file(entry.path(), folder / entry.path().filename());
  write_file(folder / mutant.file, changed(read_file(impl / mutant.file), mutant),
             Survives::process);
  return {folder, header ? commands.sources() : std::vector<std::string>{mutant.file}};
}

std::optional<Verdict> without_running(const Sources& sources, const BuildCommands& commands,
                                       const Places& places, const fs::path& work) {
  fs::create_directories(work / "plain");
  bool same = true;
  for (const std::string& source : sources.names) {
    const fs::path object = object_in(work / "plain", source);
    const Ending ending = commands.compile_plain(source, sources.folder / source, object);
    if (!ending.fine)
      return Verdict{Fate::no_program, first_after(ending.said, "error: ").value_or(ending.said)};
    same = same && read_file(object) == read_file(object_in(places.originals, source));
  }
  if (same) return Verdict{Fate::equivalent};
  return std::nullopt;
}

Verdict judged(const Mutant& mutant, const BuildCommands& commands, const Places& places,
               const Effort& effort, const fs::path& work) {
  const Sources sources = write_sources(mutant, commands, places.impl, work / "impl");
  if (auto verdict = without_running(sources, commands, places, work)) return *verdict;
  return Trial(commands, places, effort, work).run(sources);
}

}  // namespace

std::string_view name(Fate fate) {
  static constexpr std::string_view kNames[] = {"does not compile", "trivially equivalent",
                                                "killed by seeds",  "killed by fuzzing",
                                                "killed by tests",  "survived"};
  return kNames[static_cast<std::size_t>(fate)];
}

std::string cause_of_death(const Ending& ending) {
  if (ending.timed_out) return "hang";
  if (const auto named = last_after(ending.said, "Assertion failure: ")) return *named;
  const Signature signature = signature_of(ending);
  if (signature.kind != Kind::died) return print(signature);
  for (const char* marker : {"ERROR: ", "WARNING: ThreadSanitizer: "})
    if (const auto error = last_after(ending.said, marker))
      return error->substr(0, error->find(" (pid="));
  return {};
}

Ending run_with_log(const std::vector<std::string>& words, const fs::path& log, unsigned seconds) {
  // The pipe stays open behind another number: it is how its end is noticed.
  std::vector<std::string> all = {
      "sh", "-c", "TSAN_OPTIONS=halt_on_error=1 exec \"$@\" 3>&1 >\"$0\" 2>&1", log};
  all.insert(all.end(), words.begin(), words.end());
  Ending ending = run_program(all, seconds);
  ending.said = read_if_there(log).value_or(ending.said);
  return ending;
}

std::string failed_test(const Ending& ending) {
  if (ending.fine) return {};
  const auto running = last_after(ending.said, "[ RUN      ] ");
  if (!running) throw std::runtime_error("no test ran:\n" + ending.said);
  if (ending.timed_out) return *running + ": hang";
  if (const auto failed = first_after(ending.said, "[  FAILED  ] "))
    return failed->substr(0, failed->find_first_of(" ,"));
  if (ending.said.find("[  PASSED  ] ") != std::string::npos) return "behind the last test";
  return *running + ": " + (cause_of_death(ending).empty() ? "died" : cause_of_death(ending));
}

void compile_originals(const BuildCommands& commands, const Places& places) {
  for (const std::string& source : commands.sources())
    must_be_fine(
        commands.compile_plain(source, places.impl / source, object_in(places.originals, source)),
        "cannot compile the tracker");
}

Verdict judge(const Mutant& mutant, const BuildCommands& commands, const Places& places,
              const Effort& effort, const fs::path& work) {
  const auto started = std::chrono::steady_clock::now();
  Verdict verdict = judged(mutant, commands, places, effort, work);
  verdict.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return verdict;
}

Verdict judge_original(const BuildCommands& commands, const Places& places, const Effort& effort,
                       const fs::path& work) {
  return Trial(commands, places, effort, work).run({places.impl, {commands.sources().front()}});
}

}  // namespace tidemark::mutants
