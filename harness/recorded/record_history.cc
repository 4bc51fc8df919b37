// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "record_history.h"

#include <algorithm>
#include <limits>

#include "check.h"
#include "program_text.h"
#include "scan.h"
#include "text.h"

namespace tidemark {
namespace {

// Of which the number is not known is none of those that have one.
std::uint64_t group_number(std::string_view name) {
  std::uint64_t number = 0;
  skip(name, "g");
  const std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  return whole_number(name, most, number) ? number : most + 1;
}

void add_list(std::string& text, const char* what, const std::vector<std::string>& items) {
  if (items.empty()) return;
  text += std::string("# ") + what + ":\n";
  for (const std::string& item : items) text += "#   " + item + "\n";
}

}  // namespace

bool RecordHistory::take(std::string_view text, const std::string& place) {
  const auto found = recorded_line(text);
  if (!found) return false;
  ++lines_;
  if (const auto* begins = std::get_if<RecordBegins>(&*found)) {
    begin(*begins);
  } else {
    const auto& line = std::get<RecordedLine>(*found);
    count(line);
    call(line, place + " " + std::string(line.time));
  }
  return true;
}

// A process that has begun already is another program from here on.
void RecordHistory::begin(const RecordBegins& begins) {
  if (begins.version != kRecordVersion) other_version_ = begins.version;
  Process& process = processes_[begins.process];
  if (process.begun) {
    missing_ += process.missing();
    process = {};
    for (Container& container : containers_) container.calls.executed(begins.process);
  }
  process.begun = true;
}

void RecordHistory::count(const RecordedLine& line) {
  Process& process = processes_[line.process];
  ++process.lines;
  process.end = std::max({process.end, line.number + 1, process.lines});
}

std::uint64_t RecordHistory::missing() const {
  std::uint64_t all = missing_;
  for (const auto& [number, process] : processes_) all += process.missing();
  return all;
}

// A container of which all groups have left begins anew.
std::size_t RecordHistory::named(std::string_view name) {
  const auto found = names_.find(name);
  if (found != names_.end() && !containers_[found->second].calls.is_over()) return found->second;
  containers_.emplace_back();
  return names_[std::string(name)] = containers_.size() - 1;
}

// Lines are there in the order in which calls returned, and those of several threads may have
// taken effect in another.
void RecordHistory::note_order(Container& container, const RecordedLine& line) {
  if (line.begin_ns < container.end_ns && line.thread != container.thread) ++container.at_once;
  const std::uint64_t end = line.begin_ns + line.taken_ns;
  if (end < container.end_ns) return;
  container.end_ns = end;
  container.thread = line.thread;
}

void RecordHistory::call(const RecordedLine& line, const std::string& comment) {
  const bool group = line.object.starts_with("g");
  const auto found = groups_.find(line.object);
  switch (line.verb) {
    case RecordedVerb::close:
    case RecordedVerb::api_version:
      return;
    case RecordedVerb::join: {
      const std::size_t place = named(line.container);
      if (line.result == 0) groups_[std::string(line.object)] = place;
      return containers_[place].calls.join(line, group_number(line.object), comment);
    }
    case RecordedVerb::leave:
      if (found == groups_.end()) return;
      containers_[found->second].calls.leave(line, group_number(line.object), comment);
      if (line.result == 0) groups_.erase(found);
      return;
    default:
      break;
  }
  if (group) return;
  Container& container = containers_[named(line.object)];
  note_order(container, line);
  if (line.verb == RecordedVerb::set_iommu)
    container.calls.set_type(line, comment);
  else
    container.calls.call(line, comment);
}

std::size_t RecordHistory::with_most() const {
  const auto most = std::ranges::max_element(
      containers_, {}, [](const Container& container) { return container.calls.operations(); });
  return static_cast<std::size_t>(most - containers_.begin());
}

std::string RecordHistory::head(const Container& container, std::size_t number) const {
  std::string text =
      "# Recorded: what a process asked of VFIO. Behind each operation: its line in the log, its "
      "time.\n";
  if (containers_.size() > 1)
    text += "# Container " + decimal(number + 1) + " of " + decimal(containers_.size()) + ".\n";
  if (container.calls.tail().forgotten())
    text += "# " + forgotten_text(container.calls.tail()) + "\n";
  add_list(text, "Inferred", container.calls.inferred());
  std::vector<std::string> left_out = container.calls.left_out();
  if (missing()) left_out.push_back("lines that are missing in the log: " + decimal(missing()));
  add_list(text, "Not in the operations", left_out);
  if (container.at_once)
    text += "# Called while another thread's call ran: " + decimal(container.at_once) +
            ". Which of these came first, is not in the log.\n";
  return text;
}

std::variant<ImportedLog, std::string> RecordHistory::program(std::size_t number) const {
  if (other_version_)
    return "the log is of version " + decimal(*other_version_) + ", and this reads version " +
           decimal(kRecordVersion);
  if (containers_.empty() || !containers_[with_most()].calls.operations())
    return std::string("the log has no call on a container");
  if (number > containers_.size())
    return "there is no container " + decimal(number) + " in the log, which has " +
           decimal(containers_.size());
  const std::size_t place = number ? number - 1 : with_most();
  const Container& container = containers_[place];
  const auto lines = container.calls.text();
  if (!lines) return std::string("more is mapped at a time than a program has room for");
  const Program empty = {.setup = container.calls.setup(), .operations = {}, .expectations = {}};
  ImportedLog imported = {head(container, place) + print(empty) + *lines, {}};
  imported.notes.push_back(decimal(container.calls.operations()) + " operations from " +
                           decimal(lines_) + " lines of a record" +
                           (containers_.size() > 1 ? ", container " + decimal(place + 1) + " of " +
                                                         decimal(containers_.size())
                                                   : ""));
  if (missing())
    imported.notes.push_back("lines that are missing in the log: " + decimal(missing()));
  check(std::holds_alternative<Program>(parse(imported.program)), "import.record-parses");
  return imported;
}

}  // namespace tidemark
