// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The reducer, and libFuzzer's -minimize_crash on the same inputs, side by side:
// each regression program, drowned, on the tracker with the bug of its name.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "command_line.h"
#include "files.h"
#include "program_bytes.h"
#include "subprocess.h"

namespace {

using namespace tidemark;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using nlohmann::json;

struct Options {
  std::string bugs, regressions, only;
  unsigned seconds = 10;
};

// The JSON object that the bug's own reduce_measure prints; an empty one if it could not.
json measure(const fs::path& bug, const std::vector<std::string>& arguments) {
  constexpr unsigned kSeconds = 600;
  std::vector<std::string> words = {bug / "reduce_measure"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const Ending ending = run_program(words, kSeconds);
  json said = ending.fine ? json::parse(ending.said, nullptr, false) : json();
  return said.is_object() ? said : json::object();
}

struct LibFuzzer {
  std::size_t operations = 0;
  double seconds = 0;
  bool same_bug = false;
};

LibFuzzer minimize_crash(const fs::path& bug, const fs::path& input, const std::string& signature,
                         unsigned seconds) {
  const fs::path output = input.string() + ".minimized";
  const auto started = Clock::now();
  // Its own limit is for each of its steps. What it has reached by then counts.
  run_program({bug / "libfuzzer", "-minimize_crash=1", "-seed=1",
               fmt::format("-max_total_time={}", seconds),
               "-exact_artifact_path=" + output.string(), input},
              seconds);
  LibFuzzer result;
  result.seconds = std::chrono::duration<double>(Clock::now() - started).count();
  const fs::path smallest = fs::exists(output) ? output : input;
  result.operations = (fs::file_size(smallest) + kRecordBytes - 1) / kRecordBytes - 1;
  result.same_bug = measure(bug, {smallest}).value("signature", "") == signature;
  return result;
}

template <class T>
T median(std::vector<T> values) {
  std::ranges::sort(values);
  return values.empty() ? T{} : values[values.size() / 2];
}

// What the figures at the end are taken from.
struct Columns {
  std::vector<std::size_t> runs, after, beside, theirs;
  std::vector<double> milliseconds, their_seconds;
  std::size_t replayed = 0, drifted = 0;
};

void add_line(const std::string& name, const json& own, const LibFuzzer& theirs, Columns& columns) {
  const json &many = own["many"], &bytes = own["bytes"];
  fmt::print("{:<44} {:>4} {:>5} {:>6} {:>9.1f}{} | {:>4} {:>9.1f} | {:>4} {:>6.1f} {}\n", name,
             many["after"].get<int>(), many["runs_to_minimal"].get<int>(), many["runs"].get<int>(),
             many["milliseconds"].get<double>(), own["in_process"] ? ' ' : '*',
             bytes["after"].get<int>(), bytes["milliseconds"].get<double>(), theirs.operations,
             theirs.seconds, theirs.same_bug ? "" : "another bug");
  std::fflush(stdout);
  columns.runs.push_back(many["runs_to_minimal"]);
  columns.after.push_back(bytes["after"]);
  columns.beside.push_back(many["beside_set_up"]);
  if (own["in_process"]) columns.milliseconds.push_back(many["milliseconds"]);
  columns.theirs.push_back(theirs.operations);
  columns.their_seconds.push_back(theirs.seconds);
  columns.replayed += many["replays"] == 100 && bytes["replays"] == 100;
  columns.drifted += !theirs.same_bug;
}

void print_figures(const Columns& columns) {
  const std::size_t bugs = columns.runs.size();
  fmt::print(
      "\nmedian of {} bugs, out of 500 operations: 1-minimal in {} runs; {} operations beside the "
      "set-up; {:.1f} ms where it happens in the process\n"
      "reduced programs that failed the same way 100 of 100 times: {} of {}\n"
      "median out of {} operations: {} left; with -minimize_crash {} left, in {:.1f} s, {} drifted "
      "to another bug\n",
      bugs, median(columns.runs), median(columns.beside), median(columns.milliseconds),
      columns.replayed, bugs, kMaxOperations - 1, median(columns.after), median(columns.theirs),
      median(columns.their_seconds), columns.drifted);
}

int bench(const Options& options) {
  const TemporaryFolder work;
  const fs::path input = work.path / "input";
  std::vector<fs::path> programs;
  for (const auto& entry : fs::directory_iterator(options.regressions))
    if (entry.path().extension() == ".trace" &&
        fs::exists(fs::path(options.bugs) / entry.path().stem() / "reduce_measure"))
      programs.push_back(entry.path());
  std::ranges::sort(programs);

  fmt::print("{:<44} {:^27}| {:^14} | {}\n", "", "of 500 operations",
             fmt::format("of {}", kMaxOperations - 1), "libFuzzer -minimize_crash");
  fmt::print("{:<44} {:>4} {:>5} {:>6} {:>9}  | {:>4} {:>9} | {:>4} {:>6}\n", "bug", "left",
             "1-min", "runs", "ms", "left", "ms", "left", "s");
  Columns columns;
  for (const fs::path& program : programs) {
    if (program.stem().string().find(options.only) == std::string::npos) continue;
    const fs::path bug = fs::path(options.bugs) / program.stem();
    json own = measure(bug, {program, input});
    // One of the operations around the bug may have shown it in another way.
    if (own.empty()) own = measure(bug, {program, input, "apart"});
    if (!own.contains("bytes")) {
      fmt::print("{:<44} could not be measured\n", program.stem().string());
      continue;
    }
    add_line(program.stem(), own,
             minimize_crash(bug, input, own["bytes"]["signature"], options.seconds), columns);
  }
  print_figures(columns);
  fmt::print("* in a child for each run: it takes the process down\n");
  return columns.runs.empty() || columns.replayed != columns.runs.size();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("How small and how fast failing programs become");
  app.name("./tidemark bench reduce");
  Options options;
  cli::by_wrapper(app.add_option("--bugs", options.bugs));
  cli::by_wrapper(app.add_option("--regressions", options.regressions));
  app.add_option("--only", options.only, "Bugs whose name has this in it");
  app.add_option("--seconds", options.seconds, "For libFuzzer, each bug")
      ->capture_default_str()
      ->check(CLI::Range(1u, 3600u));
  app.footer(
      "Exit code: 0 done, 1 a reduced program does not fail the same way every time, 2 it\n"
      "could not run.");
  return cli::main_of(app, argc, argv, [&options] { return bench(options); });
}
