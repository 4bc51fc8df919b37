// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "afl.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "digest.h"
#include "files.h"
#include "handed_over.h"
#include "program_bytes.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFuzzer = "afl-fuzz";
// After so many programs the target's process is forked anew, and what leaked is gone.
constexpr unsigned kProgramsOfAProcess = 100'000;

std::string instance_name(std::size_t number) { return fmt::format("instance-{}", number); }

// libFuzzer's names have a digest as well.
std::string name_of_content(const std::string& content) {
  return fmt::format(
      "{:016x}", digest_of(reinterpret_cast<const std::uint8_t*>(content.data()), content.size()));
}

std::vector<fs::path> inputs_in(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (is_afl_input(entry.path().filename().string())) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

// Sanitizers only end a process, and AFL++ takes no end but by a signal for a crash. A leak would
// be its end at any program.
std::string sanitizer_options() {
  const char* const own = std::getenv("ASAN_OPTIONS");
  return fmt::format("abort_on_error=1:symbolize=0:detect_leaks=0{}{}", own ? ":" : "",
                     own ? own : "");
}

}  // namespace

bool has_afl_fuzz() {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((fs::path(folder) / kFuzzer).c_str(), X_OK) == 0) return true;
  return false;
}

Afl::Afl(const fs::path& work, const fs::path& corpus, const fs::path& artifacts)
    : inputs_(work / "afl-inputs"),
      instances_(work / "afl"),
      corpus_(corpus),
      artifacts_(artifacts) {}

void Afl::begin(const std::vector<fs::path>& folders) {
  for (const fs::path& folder : {inputs_, instances_}) {
    fs::remove_all(folder);
    fs::create_directory(folder);
  }
  for (const fs::path& folder : folders)
    for (const auto& entry : fs::directory_iterator(folder)) {
      // It refuses an empty one, and copies links as links.
      if (!entry.is_regular_file() || entry.file_size() == 0) continue;
      const std::string content = read_file(entry.path(), kMaxProgramBytes);
      write_file(inputs_ / name_of_content(content), content, Survives::process);
    }
  if (fs::is_empty(inputs_)) write_file(inputs_ / "empty", std::string(1, '\0'), Survives::process);
  taken_.clear();
  queued_.clear();
}

std::vector<std::string> Afl::words(const AflInstance& instance) const {
  std::vector<std::string> words = {
      // It ends what it has started, a target that is stopped among them, if it may: killed with
      // us, as children are, it could not.
      "setpriv", "--pdeathsig", "TERM", "env", "AFL_NO_UI=1", "AFL_NO_AFFINITY=1",
      "AFL_SKIP_CPUFREQ=1", "AFL_NO_CRASH_README=1", "AFL_FAST_CAL=1",
      // Crashes are seen by how the target ends, whatever the kernel does about them.
      "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1",
      // What it prints is part of what is filed.
      "AFL_DEBUG_CHILD=1",
      // One that takes the place of another goes on in its folder.
      "AFL_AUTORESUME=1", "AFL_SYNC_TIME=1", "AFL_FORKSRV_INIT_TMOUT=30000",
      // Its own mutations, of bytes, would get hundreds of times as many programs as ours.
      "AFL_CUSTOM_MUTATOR_LIBRARY=" + instance.mutator.string(), "AFL_CUSTOM_MUTATOR_ONLY=1",
      "ASAN_OPTIONS=" + sanitizer_options(), "UBSAN_OPTIONS=" + sanitizer_options(),
      // Where there are none, it has its own, for stacks of leaks: to walk those that exactly, at
      // each allocation, takes twice as long as all that the target does.
      "LSAN_OPTIONS=symbolize=0"};
  if (instance.seed) words.push_back("AFL_BENCH_UNTIL_CRASH=1");
  // A main one trims nothing, and so is of no use where it is alone.
  const bool is_main = instance.number == 0 && instance.of > 1;
  words.insert(words.end(),
               {kFuzzer, "-i", inputs_, "-o", instances_, is_main ? "-M" : "-S",
                instance_name(instance.number), "-t", std::to_string(instance.timeout * 1000), "-G",
                std::to_string(kMaxProgramBytes), "-V", fmt::format("{:.0f}", instance.seconds)});
  if (instance.seed) words.insert(words.end(), {"-s", std::to_string(*instance.seed)});
  if (instance.programs) words.insert(words.end(), {"-E", std::to_string(*instance.programs)});
  words.insert(words.end(), {"--", instance.target, fmt::format("-{}", kProgramsOfAProcess)});
  return words;
}

std::vector<fs::path> Afl::take(std::size_t number) {
  return take_from(instances_ / instance_name(number));
}

std::vector<fs::path> Afl::take_all() {
  std::vector<fs::path> artifacts;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(instances_, none))
    for (const fs::path& path : take_from(entry.path())) artifacts.push_back(path);
  return artifacts;
}

std::vector<fs::path> Afl::take_from(const fs::path& instance) {
  queued_[instance] = take_inputs(instance / "queue");
  std::vector<fs::path> artifacts;
  for (const auto& [folder, reason] : {std::pair("crashes", "crash-"), {"hangs", kLongPrefix}})
    for (const fs::path& path : inputs_in(instance / folder)) {
      const std::string content = read_file(path, kMaxProgramBytes);
      if (content.empty()) continue;  // it is being written
      artifacts.push_back(artifacts_ / (reason + name_of_content(content)));
      fs::rename(path, artifacts.back());
    }
  return artifacts;
}

// Says how many there are. It may be thousands: they are listed once.
std::size_t Afl::take_inputs(const fs::path& queue) {
  const std::vector<fs::path> inputs = inputs_in(queue);
  for (const fs::path& path : inputs) {
    if (!is_afl_own(path.filename().string()) || taken_.contains(path)) continue;
    const auto content = read_if_there(path);
    if (!content || content->empty()) continue;
    taken_.insert(path);
    const fs::path copy = corpus_ / name_of_content(*content);
    if (!fs::exists(copy)) write_file(copy, *content, Survives::process);
  }
  return inputs.size();
}

AflStats Afl::stats(std::size_t number) const {
  const fs::path instance = instances_ / instance_name(number);
  AflStats stats =
      parse_afl_stats(read_if_there(instance / "fuzzer_stats").value_or("")).value_or(AflStats());
  // It writes that once a minute, and inputs at once.
  const auto queued = queued_.find(instance);
  if (queued != queued_.end())
    stats.corpus_count = std::max<std::uint64_t>(stats.corpus_count, queued->second);
  return stats;
}

}  // namespace tidemark::session
