// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From a finding to a test that stays: a text program in corpus/regressions.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "commands.h"
#include "diagnose_input.h"
#include "files.h"
#include "finding.h"
#include "program_file.h"
#include "program_text.h"
#include "report_lines.h"
#include "text.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

struct KeepOptions {
  std::string finding, name, corpus;
  unsigned steps = 0;  // of building the test; 0: nobody knows
};

bool good_name(const std::string& name) {
  return !name.empty() && name.size() <= 100 && name[0] != '-' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// "lockstep.query...: expected words 0:0x1, actual no word stored": on one line.
std::string what_went_wrong(const Finding& finding) {
  std::string text = finding.name;
  for (const auto& [word, before] : {std::pair("expected", ": "), {"actual", ", "}})
    if (const std::string said = said_in(finding.report, word); !said.empty())
      text.append(before).append(word).append(" ").append(said);
  return text;
}

int keep(const KeepOptions& options) {
  const fs::path finding(options.finding);
  if (!good_name(options.name))
    return complain(quoted_path(options.name) +
                    " is no name for a test: letters a-z, digits and '-'");
  const fs::path target = fs::path(options.corpus) / "regressions" / (options.name + ".trace");
  if (fs::exists(target)) return complain(quoted_path(target.string()) + " is there already");
  if (const std::string subject = subject_in(finding); subject != kTracker)
    return complain(quoted_path(options.finding) + " was found in " + subject +
                    ": what is kept is a test of the tracker. What " + subject +
                    " is known for has an entry and a program in peers/linux/");
  const fs::path source = program_in(finding);
  const auto programs = load_all({source.string()});
  if (programs.empty()) return kCouldNot;

  // Reduced once more, by today's reducer.
  const auto diagnosed = diagnose_any(the_tracker(), programs[0].program);
  if (!diagnosed)
    return complain(quoted_path(source.string()) +
                    " does nothing wrong any more. If a test shall keep it so, copy it to " +
                    quoted_path(target.string()) + unless_expected(programs[0].program));
  const Program& program = *diagnosed->finding.program;
  write_file(target, "# " + what_went_wrong(diagnosed->finding) + "\n" + print(program));
  if (fs::is_directory(finding)) FindingStore::remove(finding);
  std::string test = options.name;
  std::ranges::replace(test, '-', '_');
  const std::string file = shell_word(fs::proximate(target).string());
  fmt::print(
      "{0}\n"
      "fails now:  ./tidemark replay {0}\n"
      "its test:   ./tidemark test -R Regression.{1}, which builds first{2}\n"
      "to commit:  this file, with what mends it\n",
      file, test, options.steps ? fmt::format(", {} steps at most", options.steps) : "");
  if (const std::string why = why_no_bytes(program); !why.empty())
    fmt::print("no seed:    fuzzing does not start from it: {}\n", why);
  if (fs::is_directory(finding))
    fmt::print("to remove:  {}, what is left of the finding\n", quoted_path(options.finding));
  return kFine;
}

}  // namespace

void add_keep(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("keep", "Turn a finding into a regression test in corpus/regressions");
  auto options = std::make_shared<KeepOptions>();
  command->add_option("FINDING", options->finding, "A folder in findings, or a program")
      ->required()
      ->check(CLI::ExistingPath);
  command->add_option("NAME", options->name, "The behaviour, as in pinned-page-stays-dirty")
      ->required();
  by_wrapper(command->add_option("--corpus", options->corpus)->check(CLI::ExistingDirectory));
  command->add_option("--steps", options->steps)->group("");  // the script counts them
  command->footer(
      "The file is to be committed with what mends the bug: it is one of the tests from then on,\n"
      "and an input that fuzzing starts from, unless it has numbers that no fuzzer's bytes can\n"
      "say (that is said, too). The finding's folder goes, but for files of your own.\n"
      "Exit code: 0 done, 2 it does nothing wrong (any more), it was not found in the tracker, or\n"
      "the name is taken.");
  on_call(*command, action, options, keep);
}

}  // namespace tidemark::cli
