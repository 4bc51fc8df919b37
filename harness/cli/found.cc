// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "found.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "diagnose_input.h"
#include "files.h"
#include "interrupts.h"
#include "program_bytes.h"
#include "program_file.h"
#include "program_text.h"
#include "terminal.h"
#include "text.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> read_input(const fs::path& path) {
  const std::string content = read_file(path, kMaxProgramBytes);
  return {content.begin(), content.end()};
}

// libFuzzer names an input for the reason it ended on it: "timeout-12ab".
std::string reason_for(const fs::path& input) {
  const std::string file = input.filename().string();
  for (const auto& [prefix, reason] :
       {std::pair("timeout-", "hang"), {"oom-", "out-of-memory"}, {"leak-", "leak"}})
    if (file.starts_with(prefix)) return reason;
  return "crash";
}

// A process ended on it, but in a process of its own it does nothing wrong.
Finding not_reproduced(const UnderTest& tested, const fs::path& input,
                       std::vector<std::uint8_t> bytes, const std::string& said) {
  constexpr std::size_t kMostSaid = 8000;
  Finding finding;
  finding.subject = tested.subject;
  finding.name = tested.finding_name(reason_for(input) + ".not-reproduced");
  finding.input = std::move(bytes);
  finding.report =
      "a fuzzing process ended on this input; replaying it shows nothing.\n"
      "The last that it printed:\n\n" +
      said.substr(said.size() - std::min(said.size(), kMostSaid));
  return finding;
}

}  // namespace

Found::Found(const UnderTest& tested, const fs::path& findings, const fs::path& reported,
             unsigned seconds)
    : tested_(tested),
      store_(findings),
      findings_(findings),
      reported_(reported),
      seconds_(seconds) {
  write_reported();
}

// A crash ends the process each time, and naming one takes seconds. Of those
// that look like one that is named already the first, second, fourth, ... are
// named: there may be another bug behind.
bool Found::is_boring(const Judgement& judgement) {
  if (!judgement.crashed) return false;
  Crashes& crashes = crashes_[judgement.signature];
  if (std::has_single_bit(++crashes.seen)) return false;
  ++crashes.passed_over;
  return true;
}

bool Found::file(const fs::path& input, const std::string& said, bool starved) {
  if (!fs::is_regular_file(input)) return false;  // another process ended on the same bytes
  const int before = interrupts();
  std::vector<std::uint8_t> bytes = read_input(input);
  const Program program = decode(bytes);
  const Judgement judgement = judge_apart(tested_, program, seconds_);
  const bool nothing = !judgement.signature;
  const bool boring = is_boring(judgement);
  const auto diagnosed =
      boring || nothing ? std::nullopt : diagnose_as(tested_, judgement, program, bytes, seconds_);
  // A terminal sends it to the judging child as well: what it died of is unknown.
  if (interrupts() != before) return false;
  if (diagnosed) {
    announce_with_leads(*diagnosed);
  } else if (nothing && starved && reason_for(input) == "hang") {
    fmt::print("\na program took more than {} s, because the machine was busy: alone it ends\n",
               seconds_);
  } else if (!boring) {
    announce(not_reproduced(tested_, input, std::move(bytes), said));
  }
  fs::remove(input);
  return nothing || judgement.crashed;
}

void Found::announce_with_leads(const Diagnosed& found) {
  announce(found.finding);
  for (std::size_t i = 0; i < std::min(found.leads.size(), kMostLeads); ++i)
    leads_.push_back(found.leads[i].second);
}

// What takes a process down takes long to name: it will end one of its own accord.
void Found::file_lead() {
  const Program lead = std::move(leads_.front());
  leads_.pop_front();
  const int before = interrupts();
  const Judgement judgement = judge_apart(tested_, lead, seconds_);
  if (!judgement.signature || judgement.crashed) return;
  const std::string text = print(lead);
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  const auto found = diagnose_as(tested_, judgement, lead, bytes, seconds_);
  if (found && interrupts() == before) announce(found->finding);
}

// Only when it is filed does the drop go: of a run that is killed in between, it is found
// again.
void Found::take_drops(const fs::path& folder) {
  for (const fs::path& path : drops_in(folder)) {
    if (const auto found = read_drop(path))
      announce_with_leads(*found);
    else
      fmt::print(stderr, "tidemark: {} is no finding of this version's\n",
                 quoted_path(path.string()));
    fs::remove(path);
  }
}

void Found::file_leftovers(const fs::path& folder) {
  const std::vector<fs::directory_entry> entries(fs::directory_iterator(folder), {});
  for (const auto& entry : entries) file(entry.path(), "what the process said is lost\n", false);
}

void Found::announce(const Finding& finding) {
  const FindingStore::Filed filed = store_.file(finding);
  ++times_[finding.name];
  write_reported();
  if (times_[finding.name] > 1) return;
  fresh_ += filed.is_new;
  if (is_terminal()) fmt::print("\r\x1b[K");
  fmt::print("\n{}: {}\n", filed.is_new ? "found" : "found again", finding.name);
  if (finding.program) fmt::print("\n{}", print(*finding.program));
  fmt::print("\n{}", finding.report);
  if (const auto picture = picture_text(finding.picture, has_colour()); !picture.empty())
    fmt::print("\n{}", picture);
  fmt::print("\n      {}\n\n", filed.folder.string());
  std::fflush(stdout);
}

// The fuzzing processes read it whenever they find something. Only of this
// run: what was found yesterday and is still there shall be said today.
void Found::write_reported() const {
  std::string lines;
  for (const auto& [name, times] : times_) lines += name + "\n";
  // Nobody needs it after this run.
  write_file(reported_, lines, Survives::process);
}

void Found::print_summary() const {
  if (times_.empty()) {
    fmt::print("nothing found\n");
    return;
  }
  fmt::print("{} found, {} of them new\n", times_.size(), fresh_);
  for (const auto& [name, times] : times_) fmt::print("  {:>4} x  {}\n", times, name);
  for (const auto& [signature, crashes] : crashes_)
    if (crashes.passed_over)
      fmt::print("  {:>4} x  {}, not looked into\n", crashes.passed_over, print(signature));
  fmt::print("each is a folder in {}: begin with report.txt\n", findings_.string());
}

}  // namespace tidemark::cli
