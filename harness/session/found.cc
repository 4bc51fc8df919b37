// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "found.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <sstream>
#include <utility>

#include "corpus_files.h"
#include "diagnose_input.h"
#include "files.h"
#include "finding_name.h"
#include "json_output.h"
#include "known_ends.h"
#include "program_bytes.h"
#include "program_file.h"
#include "program_text.h"
#include "report_lines.h"
#include "step_at.h"
#include "subject_features.h"
#include "terminal.h"
#include "text.h"

namespace tidemark::session {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> read_input(const fs::path& path) {
  const std::string content = read_file(path, kMaxProgramBytes);
  return {content.begin(), content.end()};
}

constexpr unsigned kSketchSeconds = 30;

bool takes_long(const fs::path& input) {
  const std::string reason = reason_for(input);
  return reason == kHang || reason == kOutOfMemory;
}

// What the judging child says first.
constexpr const char *kItDied = "x", *kItLives = "-";
// And the naming one: does the older tracker do that as well?
constexpr const char *kOld = "o", *kNew = "-";

}  // namespace

Found::Found(const UnderTest& tested, const fs::path& findings, const fs::path& reported,
             const fs::path& deadly, unsigned seconds, bool json,
             const std::optional<OlderTracker>& older, const Earlier& earlier)
    : tested_(tested),
      store_(findings),
      findings_(findings),
      reported_(reported),
      deadly_(deadly),
      seconds_(seconds),
      json_(json),
      older_(older),
      out_(json ? stderr : stdout),
      announced_(earlier.announced),
      crashes_(earlier.crashes) {
  write_reported();
  begin_with_ends(earlier.same_build);
}

// What was learnt of another build may be mended.
void Found::begin_with_ends(bool same_build) {
  const auto text = same_build ? read_if_there(deadly_) : std::nullopt;
  if (text) ends_ = programs_of(*text).value_or(std::vector<Program>());
  if (!text) fs::remove(deadly_);
  // Written, not only made that long: on a full disk, using it would be fatal.
  std::error_code none;
  if (!text || fs::file_size(tally_of(deadly_), none) != sizeof(EndsTally))
    write_file(tally_of(deadly_), std::string(sizeof(EndsTally), '\0'), Survives::process);
}

bool Found::has_leak() const {
  // What the harness counts itself it names for that, and no crash is known then.
  return leaked_ || std::ranges::any_of(crashes_, [](const auto& of) { return is_leak(of.first); });
}

// A crash ends the process each time, and naming one takes seconds. Of those
// that look like one that is named already the first, second, fourth, ... are
// named: there may be another bug behind.
bool Found::is_boring(const Judgement& judgement) {
  if (!judgement.crashed) return false;
  Crashes& crashes = crashes_[judgement.signature];
  if (std::has_single_bit(++crashes.seen)) return false;
  ++crashes.passed_over;
  ++outcomes_["like " + print(judgement.signature) + ", and not looked into"];
  return true;
}

// The same of one that would take seconds even to judge, by what libFuzzer calls it.
bool Found::is_one_of_many(const fs::path& input) {
  if (!takes_long(input)) return false;
  const std::string reason = reason_for(input);
  const auto like = crashes_.find({.kind = reason == kHang ? Kind::hang : Kind::out_of_memory});
  if (like == crashes_.end() || std::has_single_bit(like->second.seen + 1)) return false;
  ++like->second.seen;
  ++like->second.passed_over;
  return true;
}

void Found::add(const fs::path& input, ProcessEnd how) {
  hung_ |= reason_for(input) == kHang;
  leaked_ |= reason_for(input) == kLeaked;
  if (takes_long(input) && fs::is_regular_file(input))
    to_sketch_.push_back(fitted(decode(read_input(input)), tested_.features));
  waiting_.push_back({.input = input, .how = std::move(how)});
}

void Found::add_leads(const Diagnosed& found) {
  for (std::size_t i = 0; i < std::min(found.leads.size(), kMostLeads); ++i) {
    const std::string lead = print(found.leads[i].second);
    waiting_.push_back(
        {.input = {}, .program = found.leads[i].second, .bytes = {lead.begin(), lead.end()}});
  }
}

void Found::add_leftovers(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto is_it = [&entry](const Suspect& suspect) { return suspect.input == entry.path(); };
    if ((current_ && is_it(*current_)) || std::ranges::any_of(waiting_, is_it)) continue;
    if (entry.is_regular_file() && keep_last_input(entry.path(), {}))
      add(entry.path(), {.said = "what the process said is lost\n"});
  }
}

void Found::go_on_with_sketch() {
  if (sketch_ && sketch_->has_ended(0)) {
    const auto programs = programs_of(sketch_->text().value_or(""));
    if (programs && programs->size() == 1) note_end(programs->front());
    sketch_.reset();
  }
  const auto is_known = [this](const Program& program) {
    return std::ranges::any_of(ends_, [&](const Program& end) { return is_like(program, end); });
  };
  while (!to_sketch_.empty() && is_known(to_sketch_.front())) to_sketch_.pop_front();
  if (sketch_ || to_sketch_.empty()) return;
  const auto sketch = [this] {
    const auto program = sketch_of_end(tested_, to_sketch_.front());
    return program ? text_of_all({*program}) : std::string();
  };
  sketch_.emplace(sketch, kSketchSeconds);
  to_sketch_.pop_front();
}

void Found::work(int milliseconds) {
  go_on_with_sketch();
  if (!current_ && !waiting_.empty()) begin();
  if (!current_ || !task_->has_ended(milliseconds)) return;
  if (current_->judgement)
    named();
  else
    judged();
}

void Found::begin() {
  Suspect suspect = std::move(waiting_.front());
  waiting_.pop_front();
  if (!suspect.input.empty()) {
    // Two processes may have ended on the same bytes.
    if (!fs::is_regular_file(suspect.input)) return;
    if (is_one_of_many(suspect.input)) {
      fs::remove(suspect.input);
      return;
    }
    suspect.bytes = read_input(suspect.input);
    suspect.program = fitted(decode(suspect.bytes), tested_.features);
  }
  current_ = std::move(suspect);
  // It is a child of this child that runs the program, and has the limit.
  // What hangs is seen to do so for the whole time once it is small.
  const bool hangs = reason_for(current_->input) == kHang;
  const auto judge = [this, seconds = hangs ? std::min(seconds_, kHangSeconds) : seconds_] {
    const Shared<StepAt> at;
    const Judgement judgement = judge_apart(tested_, current_->program, seconds, &*at);
    return (judgement.crashed ? kItDied : kItLives) + std::to_string(at->step) + " " +
           print(judgement.signature);
  };
  task_.emplace(judge, kNamingSeconds + seconds_);
}

void Found::judged() {
  const std::string said = task_->text().value_or(kItLives);
  const bool crashed = said.starts_with(kItDied);
  std::istringstream words(said.substr(1));
  std::size_t step = 0;
  std::string signature;
  std::getline(words >> step >> std::ws, signature);
  current_->judgement = Judgement{.signature = parse_signature(signature),
                                  .operation = current_->program.operations.size(),
                                  .pages = {},
                                  .crashed = crashed};
  const Judgement& judgement = *current_->judgement;
  const bool is_lead = current_->input.empty();
  if (!judgement.signature) {
    if (is_lead) return conclude(std::nullopt);
    const bool hung = reason_for(current_->input) == kHang;
    if (!hung && !current_->how.before.empty()) return begin_with_those_before();
    if (current_->how.starved && hung) return conclude_slow();
    return conclude(not_reproduced(tested_, *current_));
  }
  // What takes a process down takes long to name, and will end one of its own accord.
  if (crashed && is_lead) return conclude(std::nullopt);
  if (is_boring(judgement)) return conclude(std::nullopt);
  current_->how.step = step;
  begin_naming([this] {
    return diagnose_as(
        tested_, *current_->judgement, current_->program, current_->bytes, seconds_, named_,
        [this](std::size_t operations, std::size_t runs) {
          reduced_->operations = operations;
          reduced_->runs = runs;
        },
        [this](const Diagnosed& in_short) { in_short_->become(written(in_short)); });
  });
}

void Found::begin_naming(const std::function<std::optional<Diagnosed>()>& diagnose) {
  reduced_->runs = 0;
  in_short_.emplace();
  const auto name = [this, &diagnose] {
    const auto found = diagnose();
    return found ? (is_old(found->finding) ? kOld : kNew) + written(*found) : std::string();
  };
  task_.emplace(name, kNamingSeconds + seconds_for_older());
}

std::string Found::how_far() const {
  if (!current_ || !current_->judgement || !reduced_->runs) return {};
  return how_many(reduced_->operations, "operation") + " after " + how_many(reduced_->runs, "run");
}

// Does it take others that ran before it?
void Found::begin_with_those_before() {
  const Judgement alike = {{.kind = Kind::died, .what = "after-others"}, 0, {}, true};
  if (is_boring(alike)) return conclude(std::nullopt);
  begin_naming([this] {
    std::vector<Program> programs;
    for (const std::vector<std::uint8_t>& bytes : current_->how.before)
      programs.push_back(fitted(decode(bytes), tested_.features));
    return diagnose_after(tested_, programs, current_->program, current_->bytes, seconds_);
  });
}

void Found::named() {
  const auto text = task_->text();
  const bool any = text && !text->empty();
  if (const auto diagnosed = any ? read_diagnosed(text->substr(1)) : std::nullopt) {
    // A lead's own would never come to an end.
    if (!current_->input.empty()) add_leads(*diagnosed);
    return conclude(diagnosed->finding, text->starts_with(kOld));
  }
  if (task_->timed_out() && current_->judgement->signature) {
    if (const auto in_short = in_short_->text())
      if (const auto diagnosed = read_diagnosed(*in_short))
        return conclude(seen_in_short(diagnosed->finding, kNamingSeconds));
    return conclude(not_reduced(tested_, *current_, kNamingSeconds));
  }
  if (current_->input.empty()) return conclude(std::nullopt);
  if (current_->how.starved && reason_for(current_->input) == kHang) return conclude_slow();
  conclude(not_reproduced(tested_, *current_));
}

void Found::conclude_slow() {
  ++slow_;
  hung_ = std::ranges::any_of(
      waiting_, [](const Suspect& suspect) { return reason_for(suspect.input) == kHang; });
  conclude(std::nullopt);
}

void Found::conclude(const std::optional<Finding>& finding, bool is_old) {
  if (finding) {
    if (times_.contains(finding->name)) ++outcomes_["the same as " + finding->name];
    take(*finding, is_old);
    note_deadly(*finding);
  }
  if (!current_->input.empty()) fs::remove(current_->input);
  task_.reset();
  current_.reset();
}

void Found::fuzzing_begins() { began_ = std::chrono::steady_clock::now(); }

std::optional<double> Found::seconds_of_fuzzing() const {
  if (!began_) return std::nullopt;
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - *began_).count();
}

// Only when it is filed does the drop go: of a run that is killed in between, it is found
// again.
void Found::take_drops(const fs::path& folder) {
  for (const fs::path& path : drops_in(folder)) {
    if (const auto found = read_drop(path)) {
      take(found->finding, is_old(found->finding));
      add_leads(*found);
    } else {
      fmt::print(stderr, "tidemark: {} is no finding of this version's\n",
                 quoted_path(path.string()));
    }
    fs::remove(path);
  }
}

bool Found::is_old(const Finding& finding) const {
  return older_ && fails_alike(*older_, finding, seconds_);
}

void Found::take(const Finding& finding, bool is_old) {
  if (is_old)
    pass_over(finding.name);
  else
    announce(finding);
}

void Found::pass_over(const std::string& name) {
  if (++old_times_[name] > 1) return;
  write_reported();
  if (json_) print_json({{"old", name}, {"at", older_->revision}});
  fmt::print(out_, "{}also fails at {}: {}\n", !json_ && is_terminal() ? "\r\x1b[K" : "",
             older_->revision, name);
  std::fflush(nullptr);
}

// What was announced, perhaps yesterday, is not in the folder any more.
void Found::say_shorter(const Finding& finding, const FindingStore::Filed& filed) const {
  const std::size_t now = finding.program->operations.size();
  if (json_)
    print_json({{"shorter", finding.name}, {"operations", now}, {"before", *filed.instead_of}});
  fmt::print(out_, "{}\nshorter: {}: {}, where it had {}\n\n{}\n      {}\n\n",
             !json_ && is_terminal() ? "\r\x1b[K" : "", finding.name, how_many(now, "operation"),
             *filed.instead_of, print(*finding.program), filed.folder.string());
  std::fflush(nullptr);
}

void Found::announce(const Finding& finding) {
  const FindingStore::Filed filed = store_.file(finding);
  ++times_[finding.name];
  if (finding.program) named_.try_emplace(finding.name, *finding.program);
  write_reported();
  if (filed.instead_of) say_shorter(finding, filed);
  // Who has taken its folder away wants to hear of it.
  const bool is_first = times_[finding.name] == 1;
  if (!filed.is_new && (!is_first || announced_.contains(finding.name))) return;
  reports_[finding.name] = finding.report;
  fresh_ += is_first && filed.is_new;
  const auto seconds = seconds_of_fuzzing();
  if (json_) {
    Json json = {{"found", finding.name}, {"new", filed.is_new}, {"folder", filed.folder.string()}};
    if (seconds) json["seconds"] = tenths(*seconds);
    print_json(json);
    std::fflush(stdout);
  } else if (is_terminal()) {
    fmt::print("\r\x1b[K");
  }
  fmt::print(out_, "\n{}: {}\n", filed.is_new ? "found" : "found again", finding.name);
  if (finding.program) fmt::print(out_, "\n{}", print(*finding.program));
  fmt::print(out_, "\n{}", finding.report);
  if (const auto picture = picture_text(finding.picture, !json_ && has_colour()); !picture.empty())
    fmt::print(out_, "\n{}", picture);
  fmt::print(out_, "\n      {}   {}\n\n", filed.folder.string(),
             seconds ? fmt::format("after {:.0f} s", *seconds) : "before the fuzzing");
  if (!std::exchange(said_slower_, true))
    fmt::print(out_,
               "Fuzzing goes on, and is slower now: what fails alike is compared with this.\n\n");
  std::fflush(out_);
}

// The fuzzing processes read it whenever they find something. Only of this
// run: what was found yesterday and is still there shall be said today.
void Found::write_reported() const {
  std::string lines;
  for (const auto* names : {&times_, &old_times_})
    for (const auto& [name, times] : *names) lines += name + "\n";
  // Nobody needs it after this run.
  write_file(reported_, lines, Survives::process);
}

// With a leak processes can live.
void Found::note_deadly(const Finding& finding) {
  if (!current_->judgement || !current_->judgement->crashed ||
      is_leak(current_->judgement->signature))
    return;
  if (finding.program && finding.before.empty()) note_end(*finding.program);
}

void Found::note_end(const Program& program) {
  const auto is_it = [&program](const Program& end) {
    return is_like(program, end) && is_like(end, program);
  };
  if (std::ranges::any_of(ends_, is_it)) return;
  ends_.push_back(program);
  write_file(deadly_, text_of_all(ends_), Survives::process);
}

void Found::print_slow() const {
  if (slow_)
    fmt::print(
        out_, "  {:>4} x  took long in a fuzzing process, and ended alone: slow, or kept waiting\n",
        slow_);
}

// A finding is filed once under its name, and so a new bug may hide behind an old one's.
void Found::print_old() const {
  if (old_times_.empty()) return;
  fmt::print(out_, "{} also {} at {}, not filed:\n",
             old_times_.size() == 1 ? "1 name" : fmt::format("{} names", old_times_.size()),
             old_times_.size() == 1 ? "fails" : "fail", older_->revision);
  for (const auto& [name, times] : old_times_) fmt::print(out_, "  {:>4} x  {}\n", times, name);
}

void Found::print_summary(std::uint64_t left_out) const {
  if (times_.empty()) {
    fmt::print(out_, "nothing {}found\n", older_ ? "new " : "");
    print_slow();
    print_old();
    return;
  }
  fmt::print(out_,
             "{} found, {} of them new; how often each was filed (of many that fail alike, a few "
             "are):\n",
             times_.size(), fresh_);
  for (const auto& [name, times] : times_) fmt::print(out_, "  {:>4} x  {}\n", times, name);
  fmt::print(out_, "{}", probably_one_bug(reports_));
  for (const auto& [signature, crashes] : crashes_)
    if (crashes.passed_over)
      fmt::print(out_, "  {:>4} x  {}, not looked into: probably the same\n", crashes.passed_over,
                 print(signature));
  if (left_out)
    fmt::print(out_, "  {:>4} x  like one that ends the process, left out or run in a child\n",
               left_out);
  print_slow();
  fmt::print(out_, "each is a folder in {}: begin with report.txt\n", findings_.string());
  print_old();
}

}  // namespace tidemark::session
