// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzer corpora into one that covers the same with as few inputs as possible.
// The choosing is libFuzzer's.
#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "commands.h"
#include "diagnose_input.h"
#include "files.h"
#include "program_bytes.h"
#include "program_file.h"
#include "terminal.h"
#include "text.h"
#include "worker.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> folders;
  std::string subject{kTracker}, target, output = "merged";
};

// libFuzzer hands its arguments to a shell as they are, and writes the names of
// files on lines of their own: it gets to see only names of ours, links to what
// they stand for. Says what is wrong if something is; `count` is how many inputs there are.
std::optional<std::string> link_all(const Options& options, const fs::path& work,
                                    std::size_t& count) {
  fs::create_directory_symlink(fs::absolute(options.output), work / "output");
  fs::create_symlink(fs::absolute(options.target), work / "target");
  fs::create_directory(work / "input");
  for (const std::string& folder : options.folders)
    for (const auto& entry : fs::recursive_directory_iterator(fs::absolute(folder))) {
      if (!entry.is_regular_file()) continue;
      const fs::path input = work / "input" / std::to_string(count++);
      if (entry.path().extension() != ".trace") {
        fs::create_symlink(entry.path(), input);
        continue;
      }
      auto loaded = load_as_bytes(entry.path().string());
      if (auto* message = std::get_if<std::string>(&loaded)) return std::move(*message);
      write_file(input, characters(std::get<std::vector<std::uint8_t>>(loaded)));
    }
  return std::nullopt;
}

// What fails is in no corpus that libFuzzer makes. Returns how many that are.
std::size_t keep_failing(const fs::path& artifacts, const fs::path& to) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(artifacts)) {
    fs::create_directories(to);
    fs::copy_file(entry.path(), to / entry.path().filename(), fs::copy_options::overwrite_existing);
    ++count;
  }
  return count;
}

std::string merged_by(session::Worker& worker, std::size_t inputs) {
  while (worker.read_output()) {
    if (!is_terminal()) continue;
    fmt::print("\r\x1b[K{} inputs, coverage {}", inputs, worker.coverage());
    std::fflush(stdout);
  }
  if (is_terminal()) fmt::print("\r\x1b[K");
  const session::WorkerEnd end = worker.finish();
  return end.crashed || end.failed ? worker.said() : "";
}

int merge(const Options& options) {
  if (!subject_or_complain(options.subject)) return kCouldNot;
  fs::create_directories(options.output);
  if (session::files_in(options.output) > 0)
    return complain(quoted_path(options.output) + " is not empty");
  const TemporaryFolder work;
  std::size_t inputs = 0;
  if (const auto problem = link_all(options, work.path, inputs)) return complain(*problem);
  const std::vector<std::string> arguments = {"-merge=1",
                                              "-timeout=20",
                                              fmt::format("-max_len={}", kMaxProgramBytes),
                                              fmt::format("-rss_limit_mb={}", kMostMemoryMib),
                                              "output",
                                              "input"};
  fs::create_directory(work.path / "artifacts");
  setenv("TMPDIR", ".", 1);  // that goes to the shell as well
  setenv(kSubjectVariable, options.subject.c_str(), 1);
  const session::Worker::Places places = {
      .folder = work.path, .artifacts = "artifacts", .known = "known", .in = work.path};
  session::Worker worker("./target", places, arguments);
  if (const std::string said = merged_by(worker, inputs); !said.empty())
    return complain("libFuzzer could not merge them:\n" + said);
  fmt::print("{} inputs in, {} out, in {}\n", inputs, session::files_in(options.output),
             quoted_path(options.output));

  std::string name = options.output;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  const fs::path failing = name + "-failing";
  const std::size_t count = keep_failing(work.path / "artifacts", failing);
  if (!count) return kFine;
  fmt::print("{} fail, and are in {}\n", count, quoted_path(failing.string()));
  return kFound;
}

}  // namespace

void add_merge(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("merge", "Merge fuzzer corpora into a minimal one, in a new folder");
  auto options = std::make_shared<Options>();
  command->add_option("DIR", options->folders, "Folders of fuzzer inputs")
      ->required()
      ->check(CLI::ExistingDirectory);
  add_subject(*command, options->subject);
  command->add_option("--output", options->output, "Where to")->capture_default_str();
  by_wrapper(command->add_option("--target", options->target)->check(CLI::ExistingFile));
  command->footer(
      "Inputs that fail go to a folder beside it, named DIR-failing.\n"
      "Exit code: 0 done, 1 done but some inputs fail, 2 it could not run.");
  on_call(*command, action, options, merge);
}

}  // namespace tidemark::cli
