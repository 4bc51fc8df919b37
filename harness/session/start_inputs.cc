// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "start_inputs.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "ablation.h"
#include "child_task.h"
#include "corpus_files.h"
#include "diagnose_input.h"
#include "endless.h"
#include "files.h"
#include "handed_over.h"
#include "interrupts.h"
#include "isolation.h"
#include "leak_check.h"
#include "processor_limit.h"
#include "program_bytes.h"
#include "shared_memory.h"
#include "subject_features.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;

bool has_content(const fs::path& path, const std::string& content) {
  std::error_code none;
  return fs::file_size(path, none) == content.size() && read_if_there(path) == content;
}

Program read_program(const UnderTest& tested, const fs::path& input) {
  const std::string content = read_file(input, kMaxProgramBytes);
  return fitted(decode({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()}),
                tested.features);
}

// As libFuzzer calls what takes long to look into.
std::string prefix_of(const Signature& signature) {
  return signature.kind == Kind::hang            ? kLongPrefix
         : signature.kind == Kind::out_of_memory ? "oom-"
                                                 : "";
}

constexpr unsigned kForever = 1'000'000;  // seconds
constexpr unsigned kLookSeconds = 5;
constexpr int kTookLong = 99;  // of a child: nothing else ends one with that

using Index = std::atomic<std::size_t>;

// Of the child, which dies without a word: which input it is at, and what has come.
struct Look {
  Index at;
  MetResults met;
};

// Which of them, and how they end.
std::vector<std::pair<std::size_t, Signature>> look_through(const UnderTest& tested,
                                                            const std::vector<fs::path>& inputs,
                                                            unsigned seconds, Look& look) {
  Index& at = look.at;
  // Each has its own time (the alarm); all of them together may take what they like.
  std::vector<std::pair<std::size_t, Signature>> deadly;
  bool looks_for_leaks = true;
  for (std::size_t from = 0; from < inputs.size(); from = at + 1) {
    at = from;
    const Ending ending = run_guarded(
        [&] {
          const auto lockstep = tested.lockstep();
          LeakCheck leaks;
          signal(kTookLongSignal, [](int) { std::_Exit(kTookLong); });
          for (; at < inputs.size(); ++at) {
            alarm(seconds + 1);
            const ProcessorLimit limit(std::min(seconds, kHangSeconds) * 1000);
            const Program program = read_program(tested, inputs[at]);
            // Others no fuzz target runs.
            if (program.setup.bitmap_words <= kFuzzedBitmapWords)
              for (const Program& one : programs_by_environment(program))
                run_noting(*lockstep, one, look.met);
            if (looks_for_leaks && leaks.finds_any()) std::_Exit(1);
          }
        },
        kForever);
    if (ending.fine) break;
    if (at >= inputs.size()) break;
    // What waited for a core is not slow. The fuzzing does not wait for the whole time of one that
    // hangs: whoever looks into it sees whether it ends after all.
    const bool took_long = ending.code == kTookLong;
    const Judgement judgement = judge_apart(tested, read_program(tested, inputs[at]),
                                            took_long ? std::min(seconds, kLookSeconds) : seconds);
    if (judgement.crashed || took_long) deadly.push_back({at, judgement.signature});
    // One is enough: a process goes on after it.
    looks_for_leaks = looks_for_leaks && !is_leak(judgement.signature);
    if (has_no_end(judgement.signature.kind)) break;
  }
  return deadly;
}

}  // namespace

std::vector<DeadlyInput> deadly_inputs(const UnderTest& tested, const std::vector<fs::path>& inputs,
                                       unsigned seconds, MetResults& met,
                                       const std::function<void(std::size_t)>& watch) {
  if (std::getenv(kLeftOutVariable)) return {};  // the target does not run them as they are
  Shared<Look> shared;
  const auto look = [&] {
    std::string lines;
    for (const auto& [index, signature] : look_through(tested, inputs, seconds, *shared))
      lines += std::to_string(index) + " " + print(signature) + "\n";
    return lines;
  };
  // One that hangs takes its time, and who interrupts wants to wait for none.
  ChildTask task(look, kForever);
  while (!task.has_ended(200)) {
    if (interrupts()) return {};
    if (watch) watch(shared->at);
  }
  met = shared->met;
  std::vector<DeadlyInput> deadly;
  std::istringstream lines(task.text().value_or(""));
  std::size_t index = 0;
  for (std::string signature; lines >> index && lines.get() && std::getline(lines, signature);)
    deadly.push_back({inputs[index], parse_signature(signature)});
  return deadly;
}

bool file_deadly(const UnderTest& tested, const StartFolders& folders, unsigned seconds,
                 Found& found, std::vector<std::string>& results, std::FILE* out,
                 std::string_view anew) {
  std::vector<fs::path> inputs;
  for (const fs::path& folder : {folders.seeds, folders.corpus})
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.is_regular_file()) inputs.push_back(entry.path());
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kSilence(10);
  auto next = Clock::now() + kSilence;
  std::size_t before = inputs.size();
  const auto say = [&](std::size_t at) {
    if (Clock::now() < next) return;
    next += kSilence;
    fmt::print(out, "{}running seeds and earlier inputs, each once and alone: {} of {}{}{}", anew,
               at + 1, inputs.size(), at == before ? ", which takes long" : "",
               anew.empty() ? "\n" : "");
    before = at;
    std::fflush(out);
  };
  MetResults met = {};
  const auto deadly = deadly_inputs(tested, inputs, seconds, met, say);
  results = result_names(met);
  fmt::print(out, "{}", anew);
  std::set<Signature> seen;
  for (const auto& [input, signature] : deadly) {
    if (signature && seen.insert(signature).second) {
      const fs::path artifact =
          folders.artifacts / (prefix_of(signature) + "start-" + input.filename().string());
      write_file(artifact, read_file(input), Survives::process);
      found.add(artifact, {.said = "it was among the inputs to start from\n",
                           .starved = signature.kind == Kind::hang});
    }
    // With a leak, processes can live. Another may show another bug once this one is mended.
    if (is_leak(signature)) continue;
    if (fs::is_symlink(input))
      fs::remove(input);
    else
      fs::rename(input, folders.aside / input.filename());
  }
  const auto leaks = std::ranges::count_if(
      deadly, [](const DeadlyInput& input) { return is_leak(input.signature); });
  const auto slow =
      std::ranges::count_if(deadly, [](const DeadlyInput& input) { return !input.signature; });
  if (slow)
    fmt::print(out, "{} of {} inputs to start from take long, though they end, and are left out\n",
               slow, inputs.size());
  const std::size_t dying = deadly.size() - static_cast<std::size_t>(leaks + slow);
  if (dying)
    fmt::print(
        out,
        "{} of {} inputs to start from (seeds, and what earlier runs kept) end the process,\n"
        "and are left out; of each way to end, one is looked into\n",
        dying, inputs.size());
  return dying + static_cast<std::size_t>(leaks) > 0;
}

bool take_seeds(const fs::path& seeds, const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directory(folder);
  std::size_t number = 0, passed_over = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::absolute(seeds))) {
    if (!entry.is_regular_file()) continue;
    const InputPut put = put_input(entry.path(), folder / std::to_string(number++));
    if (!put.wrong.empty()) {
      fmt::print(stderr, "tidemark: {}\n", put.wrong);
      return false;
    }
    if (put.no_bytes.empty()) continue;
    fmt::print(stderr, "tidemark: {}\n", put.no_bytes);
    ++passed_over;
  }
  if (passed_over)
    fmt::print(stderr, "tidemark: fuzzing does not start from {} of {} seeds\n", passed_over,
               number);
  return true;
}

void leave_out(const std::string& input, const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    const std::vector<fs::directory_entry> entries(fs::directory_iterator(folder), {});
    for (const auto& entry : entries)
      if (has_content(entry.path(), input)) fs::remove(entry.path());
  }
}

fs::path kept_target(const fs::path& target, const fs::path& folder) {
  fs::path kept = folder / target.filename();
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directory(folder, error);
  fs::create_hard_link(target, kept, error);
  if (error) fs::copy_file(target, kept, error);
  if (!error) return kept;
  fs::remove(kept, error);  // a full disk: of a part nothing can start
  return target;
}

}  // namespace tidemark::session
