// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How many names has a bug? Runs mutated seeds, always the same, does about those that fail
// what a fuzzing run does, and prints the names that come of it, one a line. Linked with
// the tracker that has the bug.
#include <fmt/core.h>

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "dedup.h"
#include "diagnose_input.h"
#include "drop.h"
#include "files.h"
#include "isolation.h"
#include "mutator.h"
#include "reporter.h"
#include "shared_memory.h"

namespace {

using namespace tidemark;
namespace fs = std::filesystem;

using Bytes = std::vector<std::uint8_t>;

std::vector<Bytes> seeds_in(const fs::path& folder) {
  std::set<fs::path> paths;  // in an order that is the same everywhere
  for (const auto& entry : fs::directory_iterator(folder)) paths.insert(entry.path());
  std::vector<Bytes> seeds;
  for (const fs::path& path : paths) {
    const std::string content = read_file(path);
    seeds.emplace_back(content.begin(), content.end());
  }
  return seeds;
}

// The seeds themselves come first.
std::vector<Program> programs_of(const std::vector<Bytes>& seeds, std::size_t count) {
  constexpr std::size_t kMostEdits = 4;
  Mutator mutator(1);
  std::mt19937_64 random(1);
  std::vector<Program> programs;
  for (const Bytes& seed : seeds) programs.push_back(decode(seed));
  while (programs.size() < count) {
    Bytes bytes = seeds[random() % seeds.size()];
    for (std::size_t times = 1 + random() % kMostEdits; times--;)
      mutator.mutate(bytes, kMaxProgramBytes);
    programs.push_back(fuzzable(decode(bytes)));
  }
  programs.resize(count);
  return programs;
}

class Names {
 public:
  explicit Names(std::vector<Program> programs) : programs_(std::move(programs)) {
    fs::create_directories(drops_);
    setenv(kDropsVariable, drops_.c_str(), 1);
    setenv(kReportedVariable, known_.c_str(), 1);
  }

  std::set<std::string> find() {
    for (*at_ = 0; *at_ < programs_.size() && crashes_left_; ++*at_) {
      const Ending ending = run_guarded([this] { run_rest(); }, kSeconds);
      take_drops();
      if (ending.fine) break;
      name_crash(programs_[*at_]);
    }
    while (!leads_.empty()) {
      const Program lead = leads_.back();
      leads_.pop_back();
      const Judgement judgement = judge_apart(tested_, lead);
      if (judgement.signature && !judgement.crashed) take(diagnose_any(tested_, lead));
    }
    return names_;
  }

 private:
  static constexpr unsigned kSeconds = 600;

  // In a child.
  void run_rest() {
    const auto lockstep = tested_.lockstep();
    Reporter reporter(tested_, *lockstep);
    for (; *at_ < programs_.size(); ++*at_) {
      const auto mismatch = lockstep->run(programs_[*at_]);
      reporter.program_ran();
      if (mismatch) reporter.failed(programs_[*at_], *mismatch, {});
    }
  }

  // Of those that look alike the first, second, fourth, ..., as in a run.
  void name_crash(const Program& program) {
    --crashes_left_;
    const Judgement judgement = judge_apart(tested_, program);
    if (judgement.crashed && !std::has_single_bit(++crashes_[judgement.signature])) return;
    take(diagnose_any(tested_, program));
  }

  void take(const std::optional<Diagnosed>& found) {
    if (!found || !names_.insert(found->finding.name).second) return;
    std::string known;
    for (const std::string& name : names_) known += name + "\n";
    write_file(known_, known, Survives::process);
    for (std::size_t i = 0; i < std::min(found->leads.size(), kMostLeads); ++i)
      leads_.push_back(found->leads[i].second);
  }

  void take_drops() {
    for (const fs::path& path : drops_in(drops_)) {
      take(read_drop(path));
      fs::remove(path);
    }
  }

  const UnderTest tested_ = the_tracker();
  const std::vector<Program> programs_;
  const TemporaryFolder work_;
  const fs::path drops_ = work_.path / "drops", known_ = work_.path / "known";
  const Shared<std::size_t> at_;  // the program that runs
  unsigned crashes_left_ = 32;    // each costs a process
  std::map<Signature, unsigned> crashes_;
  std::set<std::string> names_;
  std::vector<Program> leads_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr,
               "Usage: names_measure FOLDER PROGRAMS\n"
               "FOLDER holds inputs to start from.\n");
    return 2;
  }
  int code = 0;
  try {
    const auto count = static_cast<std::size_t>(std::strtoull(argv[2], nullptr, 10));
    for (const std::string& name : Names(programs_of(seeds_in(argv[1]), count)).find())
      fmt::print("{}\n", name);
  } catch (const std::system_error& error) {
    fmt::print(stderr, "{}\n", error.what());
    code = 2;
  }
  std::fflush(stdout);
  // What the tracker with the bug has leaked is not ours to report.
  std::_Exit(code);
}
