// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Does the harness find the bugs in corpus/bugs, and how fast?
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "command_line.h"
#include "files.h"
#include "names.h"
#include "report.h"

namespace {

using namespace tidemark::bench;
namespace fs = std::filesystem;

struct Options {
  std::string bugs, afl, seeds, only, json, plot;
  std::vector<std::string> engines = {"libfuzzer"};
  std::string start = "both";
  std::vector<std::string> left_out = {""};
  unsigned trials = 3;
  bool names = false;
  Limits limits;
};

// Those that were asked for and have this program in `folder`, in alphabetical order.
std::vector<std::string> bugs_with(const std::string& program, const fs::path& folder,
                                   const Options& options) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename();
    if (name != "together" && name.find(options.only) != std::string::npos &&
        fs::exists(entry.path() / program))
      names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::vector<Trial> trials_of(const Options& options) {
  std::vector<Trial> trials;
  const std::string& first = options.engines[0];
  const auto bugs = first == kAfl ? bugs_with("plain", fs::path(options.afl) / "bugs", options)
                                  : bugs_with(first, options.bugs, options);
  for (const std::string& name : bugs)
    for (const std::string& engine : options.engines)
      for (const char* start : {"seeds", "empty"})
        for (const std::string& left_out : options.left_out)
          for (unsigned number = 0; number < options.trials; ++number)
            if (options.start == "both" || options.start == start)
              trials.push_back({name, engine, start, left_out, number});
  return trials;
}

int complain_of_no_bug(const Options& options) {
  fmt::print(stderr, "tidemark: no bug has '{}' in its name\n", options.only);
  return 2;
}

int count_names(const Options& options) {
  constexpr std::uint64_t kPrograms = 10000;
  const bool told = options.limits.programs != Limits{}.programs;
  const auto bugs = bugs_with("names_measure", options.bugs, options);
  if (bugs.empty()) return complain_of_no_bug(options);
  std::vector<BugNames> all;
  for (const std::string& bug : bugs) {
    all.push_back(
        names_of(bug, told ? options.limits.programs : kPrograms, options.bugs, options.seeds));
    fmt::print(stderr, "{:>4} of {}  {}: {} names\n", all.size(), bugs.size(), bug,
               all.back().ran ? fmt::format("{}", all.back().names.size()) : "no");
  }
  fmt::print("{}", names_table(all));
  return !std::ranges::all_of(all, &BugNames::is_well);
}

int bench(const Options& options) {
  if (options.names) return count_names(options);
  std::vector<Trial> trials = trials_of(options);
  if (trials.empty()) return complain_of_no_bug(options);
  const tidemark::TemporaryFolder work;
  std::size_t done = 0;
  run_trials(trials, options.limits,
             {.bugs = options.bugs, .afl = options.afl, .seeds = options.seeds, .work = work.path},
             [&](const Trial& trial) {
               fmt::print(stderr, "{:>4} of {}  {}, {} from {}{}: {}\n", ++done, trials.size(),
                          trial.bug, trial.engine, trial.start,
                          trial.left_out.empty() ? "" : " without " + trial.left_out,
                          trial.found ? fmt::format("{:.2f} s, {} programs, {}", trial.seconds,
                                                    trial.programs, trial.name)
                                      : "missed");
             });
  fmt::print("{}", table(trials));
  if (!options.json.empty()) tidemark::write_file(options.json, json(trials));
  if (!options.plot.empty()) tidemark::write_file(options.plot, plot(trials));
  return !std::ranges::all_of(trials, [](const Trial& trial) { return trial.found; });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Brings bugs back, one at a time, and fuzzes until they are found");
  app.name("./tidemark bugs");
  Options options;
  tidemark::cli::by_wrapper(app.add_option("--bugs", options.bugs));
  tidemark::cli::by_wrapper(app.add_option("--seeds", options.seeds));
  app.add_option("--afl", options.afl)->group("");
  app.add_option("--only", options.only, "Bugs whose name has this in it");
  app.add_option("--engine", options.engines,
                 "libfuzzer: coverage feedback, our mutator;\n"
                 "plain: libFuzzer's own mutations;\n"
                 "random: our mutator without feedback;\n"
                 "afl: AFL++ with our mutator.\n"
                 "Several make several columns")
      ->capture_default_str()
      ->check(CLI::IsMember({"libfuzzer", "plain", "random", kAfl}));
  app.add_option("--start", options.start, "From the seeds, from nothing (empty), or both")
      ->capture_default_str()
      ->check(CLI::IsMember({"seeds", "empty", "both"}));
  app.add_option("--leave-out", options.left_out,
                 "A column without each of these: oracles, operations, or\n"
                 "windows, faults, bends, hardware");
  app.add_flag("--names", options.names,
               "How many names each bug gets, of 10,000 programs or as\n"
               "many as --programs says, always the same");
  app.add_option("--trials", options.trials, "Each with a random seed of its own")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1000u));
  app.add_option("--seconds", options.limits.seconds, "Of a processor, until a trial is given up")
      ->capture_default_str()
      ->check(CLI::Range(1u, 86400u));
  app.add_option("--programs", options.limits.programs, "The same, as a count");
  app.add_option("--jobs", options.limits.jobs, "Trials at a time")
      ->capture_default_str()
      ->check(CLI::Range(1u, 256u));
  app.add_option("--json", options.json, "File for the trials, one by one");
  app.add_option("--plot", options.plot, "File for a picture (SVG)");
  app.footer(
      "Exit code: 0 all trials found their bug, 1 some did not, 2 it could not run. With --names, "
      "0\n"
      "if each bug has a name and none more than three.");
  return tidemark::cli::main_of(app, argc, argv, [&options] { return bench(options); });
}
