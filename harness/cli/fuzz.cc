// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzes with one process for each core, and files what is found, until the time is up.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "afl.h"
#include "campaign.h"
#include "commands.h"
#include "files.h"
#include "isolation.h"
#include "met_results.h"
#include "session.h"
#include "text.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char *kLibFuzzer = "libfuzzer", *kAfl = "afl";

struct FuzzOptions {
  std::string subject{kTracker}, engine{kLibFuzzer}, target, peers_target, afl, seeds, outcomes,
      work;
  std::string findings = "findings", older;
  std::optional<std::string> against;
  bool known = false, all_stores = false, json = false, forever = false;
  unsigned seconds = 60;
  unsigned timeout = kMostSeconds;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  session::CampaignOptions campaign;  // of which only the limits are set
};

constexpr std::string_view kAll = "all";

std::optional<session::OlderTracker> older_of(const FuzzOptions& options) {
  if (!options.against) return std::nullopt;
  return session::OlderTracker{.program = fs::absolute(options.older),
                               .revision = *options.against};
}

bool is_afl(const FuzzOptions& options) { return options.engine == kAfl; }

fs::path target_of(const FuzzOptions& options) {
  return is_afl(options) ? fs::path(options.afl) / "lockstep_fuzzer" : fs::path(options.target);
}

std::optional<fs::path> mutator_of(const FuzzOptions& options) {
  if (!is_afl(options)) return std::nullopt;
  return fs::path(options.afl) / "libafl_mutator.so";
}

int code_of(session::Outcome outcome) {
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

// What there is to fuzz; `left_out` says why it is not more. Nothing if there is none, and standard
// error says why.
std::vector<session::CampaignOptions::Subject> subjects_of(const FuzzOptions& options,
                                                           std::vector<std::string>& left_out) {
  if (options.subject != kAll) {
    const auto tested = subject_or_complain(options.subject);
    if (!tested) return {};
    return {{*tested, options.target}};
  }
  std::vector<session::CampaignOptions::Subject> subjects = {{the_tracker(), options.target}};
  if (peers().empty())
    left_out.emplace_back("Linux's own type1 is not built; ./tidemark linux --setup adds it");
  for (const UnderTest& peer : peers()) {
    if (access(options.peers_target.c_str(), X_OK) == 0)
      subjects.push_back({peer, options.peers_target});
    else
      left_out.push_back(std::string(peer.subject) + " has no fuzz target");
  }
  return subjects;
}

// What is wrong with the options together; empty if nothing is.
std::string problem_of(const FuzzOptions& options) {
  const bool in_turns = options.forever || options.subject == kAll;
  if (options.seeds.empty()) return "--seeds is missing: what to start from";
  if (options.all_stores && options.subject != kTracker)
    return "--all-stores is for the tracker, and not for " + options.subject + ", which has none";
  if (options.all_stores && is_afl(options)) return "--all-stores is for the engine libfuzzer";
  if (is_afl(options) && options.subject != kTracker)
    return "--engine afl is for the tracker, and not for " + options.subject +
           ", in which AFL++ would see nothing";
  if (is_afl(options) && options.forever)
    return "--engine afl is for a run that ends, without --forever";
  if (is_afl(options) && !session::has_afl_fuzz())
    return "there is no afl-fuzz: ./tidemark setup afl++ installs it";
  if (const fs::path target = target_of(options); access(target.c_str(), X_OK) != 0)
    return "no fuzz target at " + quoted_path(target.string());
  if (options.against && options.subject != kTracker)
    return "--against a revision is for the tracker, and not for " + options.subject +
           ", which is compared with linux-6.12, or linux:DIR";
  if (options.against && in_turns) return "--against is for a run that ends, without --forever";
  if (options.against && access(options.older.c_str(), X_OK) != 0)
    return "no program with the tracker of " + quoted_path(*options.against) + " at " +
           quoted_path(options.older);
  return {};
}

// Against another Linux, which is a subject of its own: the two beside each other.
FuzzOptions beside_each_other(FuzzOptions options) {
  if (!options.against || options.subject == kTracker || !options.against->starts_with("linux"))
    return options;
  options.subject += "," + *options.against;
  options.against.reset();
  return options;
}

int fuzz(const FuzzOptions& given) {
  const FuzzOptions options = beside_each_other(given);
  std::vector<std::string> left_out;
  const auto subjects = subjects_of(options, left_out);
  if (subjects.empty()) return kCouldNot;
  if (const std::string problem = problem_of(options); !problem.empty()) return complain(problem);
  const fs::path beside = fs::path(options.target).parent_path();
  session::Options session = {
      .tested = subjects[0].tested,
      .target = target_of(options),
      .seeds = options.seeds,
      .work = options.work,
      .findings = options.findings,
      .afl_mutator = mutator_of(options),
      .known = options.known,
      .all_stores = options.all_stores,
      .json = options.json,
      .seconds = options.seconds,
      .timeout = options.timeout,
      .processes = options.jobs,
      .older = older_of(options),
  };
  if (options.forever || options.subject == kAll) {
    session::CampaignOptions campaign = options.campaign;
    campaign.subjects = subjects;
    campaign.left_out = left_out;
    if (!options.outcomes.empty())
      campaign.results = session::results_in_list(read_file(options.outcomes));
    campaign.folder = options.work.empty() ? beside / "forever" : fs::path(options.work);
    if (!options.forever) campaign.seconds = options.seconds;
    campaign.session = session;
    return code_of(session::run_campaign(campaign));
  }
  const std::string of =
      options.subject == kTracker ? "" : "-" + subject_label(session.tested.subject);
  if (options.work.empty()) session.work = beside / ("fuzzing" + of);
  return code_of(session::run(session));
}

// For tests, which cannot wait for days.
void add_limits(CLI::App& command, session::CampaignOptions& campaign) {
  command.add_option("--turn-seconds", campaign.turn_seconds)->group("");
  command.add_option("--stalled-seconds", campaign.stalled_seconds)->group("");
}

}  // namespace

void add_fuzz(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("fuzz", "Fuzz a subject against the reference until time is up");
  auto options = std::make_shared<FuzzOptions>();
  command
      ->add_option(
          "--subject", options->subject,
          "What runs beside the reference: tracker, linux-6.1, ..., linux:DIR (of a\n"
          "kernel tree, or a .tar.xz of one), ./LIBRARY.so, or all that are here, in turns")
      ->capture_default_str();
  command
      ->add_option("--engine", options->engine,
                   "What makes the programs: libFuzzer, or AFL++ (afl), of the tracker alone")
      ->capture_default_str()
      ->check(CLI::IsMember({kLibFuzzer, kAfl}));
  command->add_flag("--known", options->known, "Find also what the subject is known to differ in");
  command->add_flag("--all-stores", options->all_stores,
                    "Each program with each of the tracker's stores, four times as slow");
  auto* seconds = command->add_option("--seconds", options->seconds, "How long")
                      ->capture_default_str()
                      ->check(CLI::Range(1u, 100'000'000u));
  command
      ->add_flag("--forever", options->forever, "Until it is interrupted; goes on if called again")
      ->excludes(seconds);
  command->add_option("--jobs", options->jobs, "Processes; if not told, one for each processor")
      ->check(CLI::Range(1u, 256u));
  by_wrapper(command->add_option("--target", options->target));
  command->add_option("--peers-target", options->peers_target)->group("");
  command->add_option("--afl", options->afl)->group("");
  command->add_option("--outcomes", options->outcomes)->group("");
  command->add_option("--seeds", options->seeds, "Inputs to start from, instead of corpus/seeds")
      ->take_last()
      ->check(CLI::ExistingDirectory);
  command->add_option("--timeout", options->timeout, "Seconds after which a program hangs")
      ->capture_default_str()
      ->check(CLI::Range(1u, 3600u));
  command->add_option(
      "--against", options->against,
      "Revision of git: only what impl/ did not do there is filed. With a Linux as\n"
      "subject, another, linux-6.12 or linux:DIR: in what the two differ");
  command->add_option("--older", options->older)->group("");
  command->add_flag("--json", options->json, "How far it is as lines of JSON");
  command
      ->add_option("--work", options->work,
                   "Folder for the growing corpus, and what is known of a run")
      ->take_last();
  command
      ->add_option("--findings", options->findings,
                   "Folder for what is found, instead of the checkout's findings")
      ->take_last();
  add_limits(*command, options->campaign);
  command->footer(
      "Columns: programs/s, of all processes; corpus, inputs kept as each reached something new;\n"
      "coverage, places of the subject that were reached; last new, how long ago the last was;\n"
      "restarts, processes that ended, on what they found or by themselves, and were replaced;\n"
      "found, names, + what is looked into. When the time is up, a process may end what it is at,\n"
      "and what was found is named: both are said, with the most that they may take.\n"
      "With --forever, or of all subjects, a page in the folder shows how it goes: index.html.\n"
      "Exit code: 0 nothing found, 1 something found, 2 it could not run.");
  on_call(*command, action, options, fuzz);
}

}  // namespace tidemark::cli
