// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Merges fuzzer corpora into a new folder.
#include <fmt/core.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "corpus_merge.h"
#include "files.h"
#include "terminal.h"
#include "text.h"
#include "worker.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

struct MergeOptions {
  std::vector<std::string> folders;
  std::string subject{kTracker}, target, output = "merged";
};

// All files go to `to`, or none.
void keep(const std::map<std::string, std::string>& files, const fs::path& to) {
  if (files.empty()) return;
  fs::create_directories(to);
  UnfinishedFolder unfinished(to);
  for (const auto& [name, bytes] : files) unfinished.write(name, bytes);
  unfinished.move_to(to);
}

bool show_merging(std::size_t inputs, std::uint64_t coverage) {
  if (!is_terminal()) return true;
  fmt::print("\r\x1b[K{} inputs, coverage {}", inputs, coverage);
  std::fflush(stdout);
  return true;
}

int merge(const MergeOptions& options) {
  const auto tested = subject_or_complain(options.subject);
  if (!tested) return kCouldNot;
  fs::create_directories(options.output);
  if (session::files_in(options.output) > 0)
    return complain(quoted_path(options.output) + " is not empty");
  setenv(kSubjectVariable, std::string(tested->subject).c_str(), 1);
  const session::Merged merged =
      session::merge_corpora({.target = options.target,
                              .folders = {options.folders.begin(), options.folders.end()},
                              .go_on = show_merging});
  if (is_terminal()) fmt::print("\r\x1b[K");
  if (!merged.problem.empty()) return complain(merged.problem);
  for (const std::string& why : merged.passed_over)
    fmt::print(stderr, "tidemark: {}: passed over\n", why);
  keep(merged.chosen, options.output);
  fmt::print("{} inputs in, {} out, in {}\n", merged.inputs, merged.chosen.size(),
             quoted_path(options.output));

  std::string name = options.output;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  const fs::path failing = name + "-failing";
  keep(merged.failing, failing);
  if (merged.failing.empty()) return kFine;
  fmt::print("{} fail, and are in {}\n", merged.failing.size(), quoted_path(failing.string()));
  return kFound;
}

}  // namespace

void add_merge(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("merge", "Merge fuzzer corpora into a minimal one, in a new folder");
  auto options = std::make_shared<MergeOptions>();
  command->add_option("DIR", options->folders, "Folders of fuzzer inputs")
      ->required()
      ->check(CLI::ExistingDirectory);
  add_subject(*command, options->subject);
  command->add_option("--output", options->output, "Where to")->capture_default_str();
  by_wrapper(command->add_option("--target", options->target)->check(CLI::ExistingFile));
  command->footer(
      "Inputs that fail go to a folder beside it, named DIR-failing. What is text (NAME.trace)\n"
      "and has numbers that no fuzzer's bytes can say is passed over, and named.\n"
      "Exit code: 0 done, 1 done but some inputs fail, 2 it could not run.");
  on_call(*command, action, options, merge);
}

}  // namespace tidemark::cli
