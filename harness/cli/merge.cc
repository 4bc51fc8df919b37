// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzer corpora into one that covers the same with as few inputs as possible.
// The choosing is libFuzzer's.
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "commands.h"
#include "worker.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> folders;
  std::string target, output = "merged";
};

int merge(const Options& options) {
  fs::create_directories(options.output);
  if (files_in(options.output) > 0) {
    fmt::print(stderr, "tidemark: '{}' is not empty\n", options.output);
    return kCouldNot;
  }
  std::vector<std::string> arguments = {"-merge=1", options.output};
  std::size_t before = 0;
  for (const std::string& folder : options.folders) {
    arguments.push_back(folder);
    before += files_in(folder);
  }
  const fs::path work = fs::path(options.target).parent_path() / "merging";
  Worker worker(options.target, work, work / "artifacts", work / "known", arguments);
  const bool terminal = isatty(STDOUT_FILENO);
  while (worker.read_output()) {
    if (terminal) fmt::print("\r\x1b[K{} inputs, coverage {}", before, worker.coverage());
    std::fflush(stdout);
  }
  const End end = worker.finish();
  if (end.crashed || end.failed) {
    fmt::print(stderr, "\ntidemark: libFuzzer could not merge them:\n{}\n", worker.said());
    return kCouldNot;
  }
  fmt::print("{}{} inputs in, {} out, in {}\n", terminal ? "\r\x1b[K" : "", before,
             files_in(options.output), options.output);
  return kFine;
}

}  // namespace

void add_merge(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("merge", "Merge fuzzer corpora into a minimal one, in a new folder");
  auto options = std::make_shared<Options>();
  command->add_option("DIR", options->folders, "Folders of fuzzer inputs")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--output", options->output, "Where to")->capture_default_str();
  command->add_option("--target", options->target, "The fuzz target, built for libFuzzer")
      ->required()
      ->check(CLI::ExistingFile);
  command->callback([options, &action] {
    action = [options] {
      try {
        return merge(*options);
      } catch (const std::system_error& error) {
        fmt::print(stderr, "tidemark: {}\n", error.what());
        return kCouldNot;
      }
    };
  });
}

}  // namespace tidemark::cli
