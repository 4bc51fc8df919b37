// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How many small mistakes in the tracker does the harness see?
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <thread>

#include "campaign.h"
#include "changed_lines.h"
#include "command_line.h"
#include "equivalents.h"
#include "files.h"
#include "interrupts.h"
#include "make_mutants.h"
#include "progress_line.h"
#include "summary.h"
#include "text.h"

namespace {

using namespace tidemark::mutants;
using tidemark::cli::kCouldNot;
using tidemark::cli::kFine;
using tidemark::cli::kFound;
namespace fs = std::filesystem;

struct Options {
  fs::path root, build;
  std::size_t sample = 0;
  std::uint64_t seed = 0;
  std::string in_diff, only, json;
  Effort effort;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
};

// All that the kernel builds, too, and what of headers has code.
struct Tracker {
  std::vector<std::string> sources;          // to compile
  std::map<std::string, std::string> texts;  // of those, and of headers with functions
};

Tracker read_tracker(const fs::path& impl) {
  Tracker tracker;
  for (const auto& entry : fs::directory_iterator(impl)) {
    const std::string name = entry.path().filename();
    // The public header's structs are the harness's, which is not built anew.
    if ((!name.ends_with(".c") && !name.ends_with(".h")) || name == "tidemark.h") continue;
    tracker.texts[name] = tidemark::read_file(entry.path());
    if (name.ends_with(".c")) tracker.sources.push_back(name);
  }
  std::ranges::sort(tracker.sources);
  return tracker;
}

std::vector<Mutant> all_mutants(const Tracker& tracker) {
  std::vector<Mutant> all;
  for (const auto& [name, text] : tracker.texts)
    for (Mutant& mutant : make_mutants(name, text)) all.push_back(std::move(mutant));
  return all;
}

bool is_named(const Mutant& mutant, const std::string& what) {
  return mutant.id == what || (mutant.file + " " + mutant.function).find(what) != std::string::npos;
}

void keep_changed(std::vector<Mutant>& mutants, const Tracker& tracker,
                  const ChangedLines& changed) {
  std::erase_if(mutants, [&](const Mutant& mutant) {
    const auto lines = changed.find(mutant.file);
    return lines == changed.end() ||
           std::ranges::none_of(lines_of(tracker.texts.at(mutant.file), mutant),
                                [&](std::size_t line) { return lines->second.contains(line); });
  });
}

std::vector<Mutant> chosen(std::vector<Mutant> mutants, const Tracker& tracker,
                           const Options& options) {
  if (!options.in_diff.empty())
    keep_changed(mutants, tracker, changed_since(options.root, options.in_diff));
  std::erase_if(mutants, [&](const Mutant& mutant) { return !is_named(mutant, options.only); });
  const std::size_t all = mutants.size();
  if (options.sample) mutants = sample(mutants, options.sample, options.seed);
  fmt::print(stderr, "{} mutants", mutants.size());
  if (options.sample) fmt::print(stderr, " of {} (--seed {})", all, options.seed);
  fmt::print(stderr, ", {} at a time\n", options.jobs);
  return mutants;
}

std::vector<Result> unjudged(const std::vector<Mutant>& mutants, const Tracker& tracker,
                             const std::map<std::string, std::string>& reasons) {
  std::vector<Result> results;
  for (const Mutant& mutant : mutants) {
    const auto reason = reasons.find(mutant.id);
    results.push_back({mutant, unified_diff(tracker.texts.at(mutant.file), mutant),
                       reason == reasons.end() ? "" : reason->second});
  }
  return results;
}

class Run {
 public:
  Run(const Options& options, const Tracker& tracker)
      : options_(options),
        commands_(options.build, tracker.sources),
        places_{fs::absolute(options.root) / "impl", fs::absolute(options.build) / "seed_corpus",
                work_.path / "originals"} {
    fs::create_directory(places_.originals);
  }

  Judged run(std::vector<Result> waiting) const {
    compile_originals(commands_, places_);
    if (!original_survives()) return {};
    ProgressLine progress(waiting.size());
    return run_campaign(
        std::move(waiting), options_.jobs,
        [this](const Mutant& mutant) {
          return apart(mutant.id, [&](const fs::path& work) {
            return judge(mutant, commands_, places_, options_.effort, work);
          });
        },
        is_interrupted, [&progress](const Result& result) { progress.ended(result); });
  }

 private:
  static bool is_interrupted() { return tidemark::interrupts() > 0; }

  // False if it was interrupted.
  bool original_survives() const {
    const auto judge_it = [this](const Mutant&) {
      return apart("original", [this](const fs::path& work) {
        return judge_original(commands_, places_, options_.effort, work);
      });
    };
    Result original{.mutant = {.file = "all", .id = "original"}};
    const auto [results, failure] =
        run_campaign({original}, 1, judge_it, is_interrupted, [](const Result&) {});
    if (!failure.empty()) throw std::runtime_error(failure);
    if (results.empty()) return false;
    const Verdict& verdict = results.front().verdict;
    if (verdict.fate != Fate::survived)
      throw std::runtime_error("the tracker as it is does not survive: " + verdict.by);
    return true;
  }

  // In a process that may be killed at any moment: what it leaves goes with our folder.
  Verdict apart(const std::string& name,
                const std::function<Verdict(const fs::path& work)>& what) const {
    const fs::path work = work_.path / name;
    fs::create_directory(work);
    const Verdict verdict = what(work);
    fs::remove_all(work);
    return verdict;
  }

  const Options& options_;
  const tidemark::TemporaryFolder work_;
  const BuildCommands commands_;
  Places places_;
};

int nothing_to_do(const Options& options) {
  // A revision since which nothing changed is fine; a name that nothing has is mistyped.
  if (options.only.empty()) return kFine;
  fmt::print(stderr, "tidemark: no mutant is called {}\n", tidemark::quote(options.only));
  return kCouldNot;
}

int mutate(const Options& options) {
  const Tracker tracker = read_tracker(options.root / "impl");
  const std::vector<Mutant> all = all_mutants(tracker);
  const auto reasons = match(
      read_equivalents(tidemark::read_file(options.root / "corpus/mutants/equivalent.txt")), all);
  const std::vector<Mutant> mutants = chosen(all, tracker, options);
  if (mutants.empty()) return nothing_to_do(options);
  tidemark::count_interrupts();
  const auto [results, failure] = Run(options, tracker).run(unjudged(mutants, tracker, reasons));
  fmt::print("{}{}", survivors(results), table(results, options.effort));
  if (!options.json.empty()) tidemark::write_file(options.json, json(results));
  if (!failure.empty()) throw std::runtime_error(failure);
  if (std::ranges::any_of(results, is_survivor) || std::ranges::any_of(results, is_wrongly_listed))
    return kFound;
  if (results.size() == mutants.size()) return kFine;
  fmt::print(stderr, "tidemark: interrupted, with {} mutants left\n",
             mutants.size() - results.size());
  return kCouldNot;
}

int mutate_or_complain(const Options& options) {
  try {
    return mutate(options);
  } catch (const std::system_error&) {
    throw;  // the same for all commands
  } catch (const std::exception& error) {
    fmt::print(stderr, "tidemark: {}\n", error.what());
    return kCouldNot;
  }
}

std::uint64_t today() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::days>(now).count());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Makes small mistakes in the tracker, one at a time, and sees who notices");
  app.name("./tidemark mutants");
  Options options;
  options.seed = today();
  tidemark::cli::by_wrapper(app.add_option("--root", options.root));
  tidemark::cli::by_wrapper(app.add_option("--build", options.build));
  app.add_option("--sample", options.sample, "As many mutants, drawn by lot; without, all")
      ->check(CLI::Range(1u, 1000000u));
  app.add_option("--seed", options.seed, "For the lot; without, each day has its own");
  app.add_option("--in-diff", options.in_diff, "Only on lines that changed since this revision");
  app.add_option("--only", options.only, "Only with this in file and function, or of this id");
  app.add_option("--seconds", options.effort.seconds, "How long a mutant is fuzzed")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 86400.0));
  app.add_option("--programs", options.effort.programs, "The same, as a count");
  app.add_option("--jobs", options.jobs, "Mutants at a time; if not told, one a processor")
      ->check(CLI::Range(1u, 256u));
  app.add_option("--json", options.json, "File for the mutants, one by one");
  app.footer(
      "Exit code: 0 all are dead, or equivalent, 1 some survive, or died that are listed as\n"
      "equivalent, 2 it could not run.");
  return tidemark::cli::main_of(app, argc, argv,
                                [&options] { return mutate_or_complain(options); });
}
