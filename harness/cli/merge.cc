// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzer corpora into one that covers the same with as few inputs as possible.
// The choosing is libFuzzer's.
#include <fmt/core.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "commands.h"
#include "diagnose_input.h"
#include "digest.h"
#include "files.h"
#include "program_bytes.h"
#include "program_file.h"
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

// What libFuzzer is given, as far as it reads it.
class Inputs {
 public:
  void add(const fs::path& path) {
    ++count_;
    whole_.insert(digest(read_file(path, kMaxProgramBytes)));
  }
  std::size_t count() const { return count_; }
  // Is it one of them? libFuzzer does not look whether what it writes arrives.
  bool has(const std::string& bytes) const { return whole_.contains(digest(bytes)); }

 private:
  static std::uint64_t digest(const std::string& bytes) {
    return digest_of(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }

  std::size_t count_ = 0;
  std::unordered_set<std::uint64_t> whole_;
};

// libFuzzer hands its arguments to a shell as they are, and writes the names of
// files on lines of their own: it gets to see only names of ours, links to what
// they stand for. Says what is wrong if something is.
std::optional<std::string> link_all(const MergeOptions& options, const fs::path& work,
                                    Inputs& inputs) {
  fs::create_symlink(fs::absolute(options.target), work / "target");
  for (const char* folder : {"input", "output", "artifacts"}) fs::create_directory(work / folder);
  for (const std::string& folder : options.folders)
    for (const auto& entry : fs::recursive_directory_iterator(fs::absolute(folder))) {
      if (!entry.is_regular_file()) continue;
      const fs::path input = work / "input" / std::to_string(inputs.count());
      if (entry.path().extension() == ".trace") {
        auto loaded = load_as_bytes(entry.path().string());
        if (auto* message = std::get_if<std::string>(&loaded)) return std::move(*message);
        write_file(input, characters(std::get<std::vector<std::uint8_t>>(loaded)));
      } else {
        fs::create_symlink(entry.path(), input);
      }
      inputs.add(input);
    }
  return std::nullopt;
}

// All files of `from` go to `to`, or none. Returns how many that are.
std::size_t keep(const fs::path& from, const Inputs& inputs, const fs::path& to) {
  std::map<std::string, std::string> files;  // what is in them, by name
  for (const auto& entry : fs::directory_iterator(from)) {
    std::string bytes = read_file(entry.path(), kMaxProgramBytes);
    if (!inputs.has(bytes))
      throw std::system_error(ENOSPC, std::generic_category(),
                              "cannot write " + quoted_path(entry.path().string()));
    files.emplace(entry.path().filename().string(), std::move(bytes));
  }
  if (files.empty()) return 0;
  fs::create_directories(to);
  UnfinishedFolder unfinished(to);
  for (const auto& [name, bytes] : files) unfinished.write(name, bytes);
  unfinished.move_to(to);
  return files.size();
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

int merge(const MergeOptions& options) {
  const auto tested = subject_or_complain(options.subject);
  if (!tested) return kCouldNot;
  fs::create_directories(options.output);
  if (session::files_in(options.output) > 0)
    return complain(quoted_path(options.output) + " is not empty");
  const TemporaryFolder work;
  Inputs inputs;
  if (const auto problem = link_all(options, work.path, inputs)) return complain(*problem);
  const std::vector<std::string> arguments = {"-merge=1",
                                              "-timeout=20",
                                              fmt::format("-max_len={}", kMaxProgramBytes),
                                              fmt::format("-rss_limit_mb={}", kMostMemoryMib),
                                              "output",
                                              "input"};
  setenv("TMPDIR", ".", 1);  // that goes to the shell as well
  setenv(kSubjectVariable, std::string(tested->subject).c_str(), 1);
  const session::Worker::Places places = {
      .folder = work.path, .artifacts = "artifacts", .known = "known", .in = work.path};
  session::Worker worker("./target", places, arguments);
  if (const std::string said = merged_by(worker, inputs.count()); !said.empty())
    return complain("libFuzzer could not merge them:\n" + said);
  // Nor does it look at what it writes for itself. A disk that was full is full now.
  write_file(work.path / "last", std::string(kMaxProgramBytes, ' '));
  const std::size_t chosen = keep(work.path / "output", inputs, options.output);
  fmt::print("{} inputs in, {} out, in {}\n", inputs.count(), chosen, quoted_path(options.output));

  std::string name = options.output;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  const fs::path failing = name + "-failing";
  const std::size_t count = keep(work.path / "artifacts", inputs, failing);
  if (!count) return kFine;
  fmt::print("{} fail, and are in {}\n", count, quoted_path(failing.string()));
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
      "Inputs that fail go to a folder beside it, named DIR-failing.\n"
      "Exit code: 0 done, 1 done but some inputs fail, 2 it could not run.");
  on_call(*command, action, options, merge);
}

}  // namespace tidemark::cli
