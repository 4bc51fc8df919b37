// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "import_log.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "check.h"
#include "log_history.h"
#include "log_lines.h"
#include "log_rules.h"
#include "program_text.h"
#include "record_history.h"
#include "text.h"

namespace tidemark {
namespace {

// Lines that no rule is for: how many, and the first few that may be of interest.
class UnknownLines {
 public:
  void add(std::string_view line) {
    ++count_;
    const bool relevant = line.find("vfio") != line.npos || line.find("VFIO") != line.npos ||
                          line.find("DMA") != line.npos || line.find("dirty") != line.npos;
    std::vector<std::string>& examples = relevant ? relevant_ : others_;
    if (examples.size() == kMost || line.empty() || !seen_.insert(kind_of(line)).second) return;
    examples.push_back(quote(line));
  }
  std::uint64_t count() const { return count_; }
  void note(std::vector<std::string>& notes) const {
    if (!count_) return;
    notes.push_back(decimal(count_) + (count_ == 1 ? " line is" : " lines are") + " not known" +
                    (relevant_.empty() && others_.empty() ? "" : ", such as"));
    std::size_t shown = 0;
    for (const auto* examples : {&relevant_, &others_})
      for (const std::string& example : *examples)
        if (shown++ < kMost) notes.push_back("  " + example);
  }

 private:
  static constexpr std::size_t kMost = 3;

  // The name of an event, if it is one: of each, one example will do.
  static std::string kind_of(std::string_view line) {
    line.remove_prefix(std::min(line.find("vfio_"), line.size()));
    return std::string(line.substr(0, line.find(' ')));
  }

  std::uint64_t count_ = 0;
  std::set<std::string> seen_;  // no more than there are examples
  std::vector<std::string> relevant_, others_;
};

class Import {
 public:
  // What is wrong, if something is.
  std::string read(const std::vector<std::string>& paths) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const std::string file = paths.size() > 1 ? decimal(i + 1) + "/" : "";
      std::string wrong =
          read_lines(paths[i], [&](std::string_view line, std::uint64_t number, bool whole) {
            take(line, file + decimal(number), whole);
          });
      if (!wrong.empty()) return wrong;
    }
    history_.finish();
    return "";
  }

  std::variant<ImportedLog, std::string> result(std::size_t container) const {
    if (record_.has_lines()) return recorded(container);
    if (container) return std::string("only a record tells containers apart");
    const auto lines = history_.tail().text(history_.inference().group_kind());
    if (!lines) return "more is mapped at a time than a program has room for";
    const Setup setup = history_.inference().setup(history_.tail().type());
    ImportedLog imported = {
        head() + print(Program{.setup = setup, .operations = {}, .expectations = {}}) + *lines,
        notes()};
    check(std::holds_alternative<Program>(parse(imported.program)), "import.program-parses");
    return imported;
  }

  bool knows_any() const { return history_.operations() > 0 || record_.has_lines(); }

 private:
  void take(std::string_view line, const std::string& place, bool whole);
  std::variant<ImportedLog, std::string> recorded(std::size_t container) const;
  std::string writers() const;
  std::string head() const;
  void add_inferred(std::vector<std::string>& comments) const;
  void add_left_out(std::vector<std::string>& comments) const;
  std::vector<std::string> notes() const;

  LogHistory history_;
  RecordHistory record_;
  UnknownLines unknown_;
  std::uint64_t lines_ = 0;
  std::string cut_short_;  // the last line of a file, if it has no end and says something
};

// Several threads may have written one line, but for those of a record.
void Import::take(std::string_view line, const std::string& place, bool whole) {
  ++lines_;
  bool known = record_.take(line, place);
  std::string_view rest = known ? std::string_view() : line.substr(0, kMostOfForeignLine);
  while (const auto event = take_event(rest)) {
    history_.take(*event, place);
    known = true;
  }
  if (!known) unknown_.add(line);
  if (known && !whole) cut_short_ = place;
}

std::variant<ImportedLog, std::string> Import::recorded(std::size_t container) const {
  if (history_.operations())
    return std::string("a record, and a log of " + writers() + ": they have no order in common");
  auto result = record_.program(container);
  if (auto* imported = std::get_if<ImportedLog>(&result)) unknown_.note(imported->notes);
  return result;
}

std::string Import::writers() const {
  std::string names;
  for (const LogFormat& format : log_formats())
    if (history_.wrote(format.writer))
      names += (names.empty() ? "" : " and ") + std::string(format.name);
  return names;
}

void Import::add_inferred(std::vector<std::string>& comments) const {
  comments.emplace_back("Inferred:");
  const bool v1 = history_.tail().type() == ContainerType::v1;
  if (!history_.knows_type())
    comments.emplace_back(v1 ? "  v1: what DPDK takes"
                             : "  v2: what hypervisors take where they can");
  for (const std::string& words : history_.inference().words()) comments.push_back("  " + words);
  if (!history_.knows_groups()) comments.emplace_back("  attach: the log has no groups");
  if (!history_.knows_rights())
    comments.emplace_back("  rw: the log does not say what is mapped to be read only");
  if (history_.started_unsaid())
    comments.emplace_back("  start: the log does not say when tracking began");
  if (history_.stopped_unsaid())
    comments.emplace_back("  stop: the log says when the migration was over, not tracking");
  if (history_.moved())
    comments.emplace_back("  addresses: those of the log are the host's, and were moved");
}

void Import::add_left_out(std::vector<std::string>& comments) const {
  const Unsaid& out = history_.unsaid();
  const std::pair<std::uint64_t, std::string_view> counts[] = {
      {out.no_call, "lines that stand for no call"},
      {out.not_mapped, "ranges that nobody tried to map"},
      {out.no_range, "results of which the log does not say what they are of"},
      {out.some_dirty, "queries that found pages dirty of which the log does not say which"},
      {out.of_devices, "queries of devices that track by themselves: what they found"},
      {out.too_many_groups, "devices of more groups than a program has"},
      {out.no_size, "ranges of no bytes, or of all that there are"},
      {unknown_.count(), "lines that are not known"}};
  std::vector<std::string> said;
  for (const auto& [count, what] : counts)
    if (count) said.push_back("  " + std::string(what) + ": " + decimal(count));
  if (said.empty()) return;
  comments.emplace_back("Not in the operations:");
  comments.insert(comments.end(), said.begin(), said.end());
}

std::string Import::head() const {
  std::vector<std::string> comments = {"Imported from a log of " + writers() +
                                       ". Behind each operation: its line there, its time."};
  if (history_.tail().forgotten()) comments.push_back(forgotten_text(history_.tail()));
  add_inferred(comments);
  add_left_out(comments);
  if (const std::uint64_t count = history_.unsaid().mapped_already)
    comments.push_back("Mapped already when they are mapped, which is EEXIST: " + decimal(count) +
                       " ranges. A log of several containers has each once for each.");
  if (history_.wrote(LogWriter::vfio_user))
    comments.emplace_back(
        "Results are libvfio-user's, which has EINVAL for ranges that overlap; type1 has EEXIST.");
  if (!cut_short_.empty())
    comments.push_back("Line " + cut_short_ + ", the last one, has no end: it may be cut short.");
  std::string text;
  for (const std::string& comment : comments) text += "# " + comment + "\n";
  return text;
}

std::vector<std::string> Import::notes() const {
  std::vector<std::string> notes = {decimal(history_.operations()) + " operations from " +
                                    decimal(lines_) + " lines, of " + writers()};
  if (history_.tail().forgotten()) notes.push_back(forgotten_text(history_.tail()));
  unknown_.note(notes);
  return notes;
}

}  // namespace

std::variant<ImportedLog, std::string> import_logs(const std::vector<std::string>& paths,
                                                   std::size_t container) {
  Import import;
  if (std::string wrong = import.read(paths); !wrong.empty()) return wrong;
  if (!import.knows_any())
    return "no line of " + (paths.size() == 1 ? quoted_path(paths[0]) : "these files") +
           " says what was mapped, unmapped or asked for: known are logs of QEMU, "
           "libvfio-user, SPDK and DPDK, and records (./tidemark import --help shows lines of "
           "each)";
  return import.result(container);
}

}  // namespace tidemark
