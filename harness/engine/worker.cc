// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "worker.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include "corpus_files.h"
#include "dedup.h"
#include "drop.h"
#include "files.h"
#include "handed_over.h"
#include "known_ends.h"
#include "processor_limit.h"
#include "program_file.h"
#include "registry.h"
#include "text.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRemembered = 64 * 1024;  // bytes of output
constexpr int kPipeBytes = 1 << 20;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// What stands behind `marker` on its line, or nothing.
std::string after(const std::string& text, const std::string& marker) {
  const auto at = text.rfind(marker);
  if (at == std::string::npos) return {};
  const auto from = at + marker.size();
  return text.substr(from, text.find('\n', from) - from);
}

// Leaves `number` as it is where there is no `marker`.
void number_after(const std::string& line, const std::string& marker, std::uint64_t& number) {
  const std::string text = after(line, marker);
  if (!text.empty()) number = std::strtoull(text.c_str(), nullptr, 10);
}

void set_or_unset(const char* variable, const std::filesystem::path& path) {
  if (path.empty())
    unsetenv(variable);
  else
    setenv(variable, path.c_str(), 1);
}

// In the child: the program that `words` call, in the folder `in`.
[[noreturn]] void become(const std::vector<std::string>& words, const std::filesystem::path& in) {
  setpgid(0, 0);  // the terminal's interrupt is for us, who pass it on
  // Freed bitmaps of 256 MiB need not be remembered for long. Of signals, libFuzzer does not
  // notice a trap: what runs behind a loop that a compiler takes for endless. Naming the addresses
  // of its last stack takes as long as to start the process that takes over. What the environment
  // says comes last, and so counts.
  const char* const own = std::getenv("ASAN_OPTIONS");
  const std::string all = "quarantine_size_mb=16:handle_sigtrap=1:symbolize=0";
  setenv("ASAN_OPTIONS", (own ? all + ":" + own : all).c_str(), 1);
  if (chdir(in.c_str()) == 0) become_program(words);
  std::perror(in.c_str());
  _exit(127);
}

std::vector<std::string> libfuzzer_words(const std::filesystem::path& target,
                                         const Worker::Places& places,
                                         const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {target, "-artifact_prefix=" + places.artifacts.string() + "/"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

std::size_t files_in(const std::filesystem::path& folder) {
  std::error_code none;
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder, none),
                                                std::filesystem::directory_iterator()));
}

void look_for_no_more_leaks() {
  const char* const options = getenv("ASAN_OPTIONS");
  const std::string own = "detect_leaks=0", all = options ? options : "";
  if (!all.ends_with(own))
    setenv("ASAN_OPTIONS", (all + (all.empty() ? "" : ":") + own).c_str(), 1);
}

Worker::Worker(const std::filesystem::path& target, const Places& places,
               const std::vector<std::string>& arguments)
    : Worker(places, libfuzzer_words(target, places, arguments)) {}

Worker::Worker(const Places& places, const std::vector<std::string>& words)
    : artifacts_(places.artifacts) {
  std::filesystem::create_directories(places.folder);
  // Written, not only made that long: on a full disk, using it would be fatal.
  const std::filesystem::path progress = std::filesystem::absolute(places.folder) / "progress";
  write_file(progress, std::string(sizeof(Progress), '\0'), Survives::process);
  progress_ = map_progress(progress.c_str());
  if (!progress_) fail(("cannot make " + quoted_path(progress.string())).c_str());

  const auto what = [&] {
    setenv(kProgressVariable, progress.c_str(), 1);
    setenv(kReportedVariable, places.known.c_str(), 1);
    set_or_unset(kDropsVariable, places.drops);
    set_or_unset(kDeadlyVariable, places.deadly);
    set_or_unset(kHandedOverVariable, places.handed_over);
    set_or_unset(kProcessorVariable, std::to_string(places.processor.count()));
    set_or_unset(kCarefulVariable, std::to_string(places.careful.count()));
    become(words, places.in);
  };
  child_.emplace(what, Heard::all);
  // So that it need not wait while we look into what another has found.
  fcntl(child_->output(), F_SETPIPE_SZ, kPipeBytes);
}

Worker::~Worker() { munmap(progress_, sizeof(*progress_)); }

bool Worker::read_output() {
  const bool more = child_->read_output(partial_);
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n')) {
    take_line(partial_.substr(0, end));
    partial_.erase(0, end + 1);
  }
  return more;
}

void Worker::take_line(const std::string& line) {
  said_ += line + "\n";
  if (said_.size() > 2 * kRemembered) said_.erase(0, said_.size() - kRemembered);
  // "INFO: Loaded 1 modules   (2110 inline 8-bit counters): ..."
  if (line.starts_with("INFO: Loaded ")) number_after(line, "modules   (", most_coverage_);
  if (!line.starts_with('#')) return;
  number_after(line, " cov: ", coverage_);
  number_after(line, " corp: ", corpus_);
}

// What libFuzzer says is the most that it ever had, as for one program with a large mapping.
void Worker::look_at_memory() {
  if (const std::uint64_t now = child_->memory_mib()) memory_mib_ = now;
}

void Worker::note(std::uint64_t coverage, std::uint64_t most_coverage, std::uint64_t corpus) {
  coverage_ = coverage;
  most_coverage_ = most_coverage;
  corpus_ = corpus;
}

double Worker::lifetime() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

double Worker::seconds() const { return lifetime() - child_->seconds_without_core(); }

double Worker::seconds_without_program() {
  const double now = seconds();
  if (programs() != programs_) {
    programs_ = programs();
    moved_ = now;
  }
  return now - moved_;
}

bool Worker::was_starved() const { return child_->seconds_without_core() > lifetime() / 2; }

// Nobody else has written it down.
fs::path Worker::input_that_took_long() const {
  const auto inputs = recent_inputs();
  if (inputs.empty()) return {};
  const std::vector<std::uint8_t>& input = inputs.back();
  const fs::path path = artifacts_ / name_of_long(input);
  write_file(path, characters(input), Survives::process);
  return path;
}

WorkerEnd Worker::finish() {
  child_->wait_for_end();
  WorkerEnd end;
  end.starved = was_starved();
  const int code = child_->wait();
  take_line(partial_);
  constexpr int kInterrupted = 72;  // libFuzzer's exit code after SIGINT
  if (code == kInterrupted) return end;
  end.how = child_->ended_by()
                ? fmt::format("signal {} ({})", child_->ended_by(), strsignal(child_->ended_by()))
                : fmt::format("exit code {}", code);
  end.took_long = child_->ended_by() == kTookLongSignal;
  end.starved |= end.took_long;
  end.input =
      end.took_long ? input_that_took_long() : fs::path(after(said_, "Test unit written to "));
  end.crashed = code != 0 && !end.input.empty();
  if (end.crashed && std::getenv(kAllStoresVariable))
    if (const auto ran = recent_inputs(); !ran.empty())
      end.input = with_what_ran(end.input, ran.back());
  end.failed = code != 0 && !end.crashed;
  return end;
}

}  // namespace tidemark::session
