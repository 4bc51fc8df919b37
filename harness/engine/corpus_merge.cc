// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "corpus_merge.h"

#include <fmt/core.h>
#include <poll.h>
#include <stdlib.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "corpus_files.h"
#include "diagnose_input.h"
#include "digest.h"
#include "files.h"
#include "program_bytes.h"
#include "text.h"
#include "worker.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;

constexpr int kLookMilliseconds = 200;

// A variable of the environment that is another for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* own = getenv(name)) own_ = own;
    setenv(name, value, 1);
  }
  ~Variable() {
    if (own_)
      setenv(name_, own_->c_str(), 1);
    else
      unsetenv(name_);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* const name_;
  std::optional<std::string> own_;
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
std::string link_all(const MergeOrder& order, const fs::path& work, Inputs& inputs,
                     std::vector<std::string>& passed_over) {
  fs::create_symlink(fs::absolute(order.target), work / "target");
  for (const char* folder : {"input", "output", "artifacts"}) fs::create_directory(work / folder);
  for (const fs::path& folder : order.folders)
    for (const auto& entry : fs::recursive_directory_iterator(fs::absolute(folder))) {
      if (!entry.is_regular_file()) continue;
      const fs::path input = work / "input" / std::to_string(inputs.count());
      InputPut put = put_input(entry.path(), input);
      if (!put.wrong.empty()) return std::move(put.wrong);
      if (put.no_bytes.empty())
        inputs.add(input);
      else
        passed_over.push_back(std::move(put.no_bytes));
    }
  return {};
}

std::map<std::string, std::string> files_of(const fs::path& folder, const Inputs& inputs) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string bytes = read_file(entry.path(), kMaxProgramBytes);
    if (!inputs.has(bytes))
      throw std::system_error(ENOSPC, std::generic_category(),
                              "cannot write " + quoted_path(entry.path().string()));
    files.emplace(entry.path().filename().string(), std::move(bytes));
  }
  return files;
}

// What is wrong, if something is.
std::string run_merge(Worker& worker, const MergeOrder& order, std::size_t inputs) {
  for (bool more = true; more;) {
    if (!order.go_on(inputs, worker.coverage())) {
      worker.stop_all();  // libFuzzer merges in a process below this one
      worker.finish();
      return "it was stopped";
    }
    pollfd output = {worker.output(), POLLIN, 0};
    if (poll(&output, 1, kLookMilliseconds) > 0) more = worker.read_output();
  }
  const WorkerEnd end = worker.finish();
  return end.crashed || end.failed ? "libFuzzer could not merge them:\n" + worker.said() : "";
}

}  // namespace

Merged merge_corpora(const MergeOrder& order) {
  const TemporaryFolder work;
  Inputs inputs;
  Merged merged;
  merged.problem = link_all(order, work.path, inputs, merged.passed_over);
  merged.inputs = inputs.count();
  if (!merged.problem.empty()) return merged;
  const std::vector<std::string> arguments = {"-merge=1",
                                              "-timeout=20",
                                              fmt::format("-max_len={}", kMaxProgramBytes),
                                              fmt::format("-rss_limit_mb={}", kMostMemoryMib),
                                              "output",
                                              "input"};
  const Variable folder("TMPDIR", ".");  // that goes to the shell as well
  const Worker::Places places = {
      .folder = work.path, .artifacts = "artifacts", .known = order.known, .in = work.path};
  Worker worker("./target", places, arguments);
  merged.problem = run_merge(worker, order, merged.inputs);
  if (!merged.problem.empty()) return merged;
  // Nor does it look at what it writes for itself. A disk that was full is full now.
  write_file(work.path / "last", std::string(kMaxProgramBytes, ' '));
  merged.chosen = files_of(work.path / "output", inputs);
  merged.failing = files_of(work.path / "artifacts", inputs);
  return merged;
}

}  // namespace tidemark::session
