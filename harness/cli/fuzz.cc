// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzes with one process for each core, and files what is found, until the time is up.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <thread>

#include "commands.h"
#include "isolation.h"
#include "session.h"
#include "text.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

struct FuzzOptions {
  std::string subject{kTracker}, target, seeds, work, findings = "findings", older;
  std::optional<std::string> against;
  bool known = false, json = false;
  unsigned seconds = 60;
  unsigned timeout = kMostSeconds;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
};

std::optional<session::OlderTracker> older_of(const FuzzOptions& options) {
  if (!options.against) return std::nullopt;
  return session::OlderTracker{.program = fs::absolute(options.older),
                               .revision = *options.against};
}

int fuzz(const FuzzOptions& options) {
  const auto tested = subject_or_complain(options.subject);
  if (!tested) return kCouldNot;
  if (options.seeds.empty()) return complain("--seeds is missing: what to start from");
  if (access(options.target.c_str(), X_OK) != 0)
    return complain("no fuzz target at " + quoted_path(options.target));
  if (options.against && options.subject != kTracker)
    return complain("--against is for the tracker, and not for " + options.subject);
  if (options.against && access(options.older.c_str(), X_OK) != 0)
    return complain("no program with the tracker of " + quoted_path(*options.against) + " at " +
                    quoted_path(options.older));
  const std::string of = options.subject == kTracker ? "" : "-" + subject_label(tested->subject);
  const session::Outcome outcome = session::run({
      .tested = *tested,
      .target = options.target,
      .seeds = options.seeds,
      .work = options.work.empty() ? fs::path(options.target).parent_path() / ("fuzzing" + of)
                                   : fs::path(options.work),
      .findings = options.findings,
      .known = options.known,
      .json = options.json,
      .seconds = options.seconds,
      .timeout = options.timeout,
      .processes = options.jobs,
      .older = older_of(options),
  });
  switch (outcome) {
    case session::Outcome::nothing:
      return kFine;
    case session::Outcome::found:
      return kFound;
    case session::Outcome::failed:
      break;
  }
  return kCouldNot;
}

}  // namespace

void add_fuzz(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("fuzz", "Fuzz a subject against the reference until time is up");
  auto options = std::make_shared<FuzzOptions>();
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
  command->add_option("--against", options->against,
                      "Revision of git: only what impl/ did not do there is filed");
  command->add_option("--older", options->older)->group("");
  command->add_flag("--json", options->json, "How far it is as lines of JSON");
  command->add_option("--work", options->work, "Folder for the growing corpus");
  command
      ->add_option("--findings", options->findings,
                   "Folder for what is found, instead of the checkout's findings")
      ->take_last();
  command->footer(
      "Columns: programs/s, of all processes; corpus, inputs kept as each reached something new;\n"
      "coverage, places of the subject that were reached; last new, how long ago the last was;\n"
      "restarts, processes that ended, on what they found or by themselves, and were replaced;\n"
      "found, names, + what is looked into. When the time is up, a process may end what it is at,\n"
      "and what was found is named: both are said, with the most that they may take.\n"
      "Exit code: 0 nothing found, 1 something found, 2 it could not run.");
  on_call(*command, action, options, fuzz);
}

}  // namespace tidemark::cli
