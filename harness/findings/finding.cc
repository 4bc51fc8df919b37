// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding.h"

#include <algorithm>
#include <system_error>
#include <variant>

#include "broken_rule.h"
#include "environment.h"
#include "finding_page.h"
#include "kind_meaning.h"
#include "program_file.h"
#include "program_text.h"
#include "shrink.h"
#include "text.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "program.trace";
constexpr const char* kBefore = "before.trace";
constexpr const char* kFiles[] = {"input", "report.txt", "report.html", "environment.json",
                                  "count", kProgram,     kBefore,       kReduced};

std::string picture_below(const Finding& finding) {
  const std::string picture = picture_text(finding.picture, false);
  return picture.empty() ? "" : "\n" + picture;
}

// Findings name folders: nothing else than these may be in one.
std::string safe(const std::string& finding) {
  std::string name = finding.substr(0, 200);
  for (char& c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_';
    if (!fine) c = '_';
  }
  if (name.empty() || name[0] == '.') name = "_" + name;
  return name;
}

// Of a trace; nothing if it is no program's.
std::optional<std::size_t> operations_in(const std::optional<std::string>& trace) {
  if (!trace) return std::nullopt;
  const auto parsed = parse(*trace);
  const auto* program = std::get_if<Program>(&parsed);
  return program ? std::optional(program->operations.size()) : std::nullopt;
}

// Of the step that is the cause, if there is one and it has a range.
std::optional<IovaRange> range_of(const Diagnosis& diagnosis) {
  if (!diagnosis.cause) return std::nullopt;
  const auto range = page_range(diagnosis.program.operations[diagnosis.cause->operation]);
  if (!range) return std::nullopt;
  return IovaRange{range->first * kPageBytes, range->end * kPageBytes - 1};
}

Finding told_of_place(Finding finding, const std::optional<std::size_t>& instead_of) {
  if (instead_of)
    finding.report += "shorter   it took the place of a program of " +
                      how_many(*instead_of, "operation") + ", which was found before\n";
  return finding;
}

}  // namespace

fs::path program_in(const fs::path& path) {
  if (!fs::is_directory(path)) return path;
  for (const char* file : {kProgram, "input"})
    if (fs::exists(path / file)) return path / file;
  return path;
}

std::string subject_in(const fs::path& path) {
  return subject_in_json(read_if_there(path / "environment.json").value_or(""));
}

std::optional<std::vector<Program>> programs_before(const fs::path& path) {
  return programs_of(read_if_there(path / kBefore).value_or(""));
}

std::string text_of_all(const std::vector<Program>& programs) {
  std::string text;
  for (const Program& program : programs) text += print(program);
  return text;
}

std::optional<std::vector<Program>> programs_of(std::string_view text) {
  std::vector<Program> programs;
  while (!text.empty()) {
    const auto end = std::min(text.find("\ncontainer "), text.size() - 1) + 1;
    auto parsed = parse(text.substr(0, end));
    auto* program = std::get_if<Program>(&parsed);
    if (!program) return std::nullopt;
    programs.push_back(std::move(*program));
    text.remove_prefix(end);
  }
  return programs;
}

std::string replay_command(const Finding& finding, const fs::path& what) {
  return "./tidemark replay" + subject_option(finding.subject) + " " + shell_word(what.string());
}

std::string trace_text(const Finding& finding, const fs::path& what) {
  return "# " + finding.name + "\n# " + replay_command(finding, what) + "\n" +
         print(*finding.program);
}

std::string report_of(const Mismatch& mismatch, const Naming& naming, const Program& program) {
  std::string said = describe(mismatch, program);
  if (!mismatch.known.empty()) return said;
  const Kind brought_about = naming.cause ? naming.cause->signature.kind : Kind::none;
  return said + cause_line(naming.cause, program) +
         meaning_lines(naming.name, program, mismatch.signature.kind, brought_about, naming.part) +
         rule_line(mismatch.signature);
}

Finding make_finding(const UnderTest& tested, Lockstep& lockstep, const Diagnosis& diagnosis,
                     std::span<const std::uint8_t> input) {
  Finding finding;
  finding.subject = tested.subject;
  finding.name = tested.finding_name(diagnosis.name);
  finding.input.assign(input.begin(), input.end());
  finding.program = diagnosis.program;
  finding.report = report_of(diagnosis.mismatch, {diagnosis.name, diagnosis.cause, diagnosis.part},
                             diagnosis.program);
  if (const auto mismatch = lockstep.run(diagnosis.program))
    finding.picture = draw(lockstep, *mismatch, subject_label(tested.subject), range_of(diagnosis));
  return finding;
}

fs::path FindingStore::folder_of(const std::string& name) const { return folder_ / safe(name); }

std::vector<std::string> FindingStore::names() const {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(none) && name[0] != '.' && fs::exists(entry.path() / "report.txt"))
      names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::size_t FindingStore::count(const std::string& name) const {
  const auto count = read_if_there(folder_of(name) / "count");
  return count ? std::strtoull(count->c_str(), nullptr, 10) : 0;
}

std::vector<FiledFinding> FindingStore::all() const {
  std::vector<FiledFinding> findings;
  for (const std::string& name : names()) {
    const fs::path folder = folder_ / name;
    const auto report = read_if_there(folder / "report.txt");
    if (!report) continue;
    findings.push_back({.name = report->substr(0, report->find('\n')),
                        .folder = folder,
                        .subject = subject_in(folder),
                        .report = *report,
                        .program = read_if_there(folder / kProgram).value_or(""),
                        .count = count(name)});
  }
  return findings;
}

// The program last: it says which of two is the shorter one, so that what was
// cut off while files were replaced is done by the next that is found.
void FindingStore::write_files(UnfinishedFolder& to, const Finding& finding,
                               std::size_t count) const {
  // With programs before it, it is replayed by its folder. From where the folder of findings is:
  // who gets the report has another machine.
  const fs::path replayed = (folder_ / "").parent_path().filename() / safe(finding.name) /
                            (!finding.before.empty() ? ""
                             : finding.program       ? kProgram
                                                     : "input");
  to.write("input", characters(finding.input));
  const std::string program = finding.program ? print(*finding.program) + "\n" : "";
  to.write("report.txt", finding.name + "\n\n" + program + finding.report + picture_below(finding) +
                             "\nreplay  " + replay_command(finding, replayed) +
                             "\nwords   docs/findings.md says what they mean\n");
  to.write("report.html", finding_page(finding, replayed));
  to.write("environment.json", environment_json(finding.subject));
  to.write("count", std::to_string(count) + "\n");
  if (!finding.before.empty()) to.write(kBefore, text_of_all(finding.before));
  if (finding.program) to.write(kProgram, trace_text(finding, replayed));
}

void FindingStore::remove(const fs::path& folder) {
  for (const char* name : kFiles) fs::remove(folder / name);
  if (fs::is_empty(folder)) fs::remove(folder);
}

FindingStore::Filed FindingStore::file(const Finding& finding) {
  fs::create_directories(folder_);
  const FolderLock lock(folder_);
  const fs::path folder = folder_of(finding.name);
  if (lock.held()) {  // or else it may be another's, who is still at it
    clear_unfinished(folder_);
    clear_unfinished(folder);
  }
  if (!fs::exists(folder)) {
    UnfinishedFolder unfinished(folder_);
    write_files(unfinished, finding, 1);
    unfinished.become(folder);
    return {folder, true, 1};
  }
  Filed filed{folder, false, count(finding.name) + 1};
  const auto there = operations_in(read_if_there(folder / kProgram));
  const bool shorter = finding.program && (!there || finding.program->operations.size() < *there);
  // Somebody may have cleared the folder by hand.
  const bool whole = fs::exists(folder / "report.txt");
  if (shorter && whole) filed.instead_of = there;
  if (shorter || !whole) {
    UnfinishedFolder unfinished(folder_);
    write_files(unfinished, told_of_place(finding, filed.instead_of), filed.count);
    unfinished.move_to(folder);
  } else {
    write_file(folder / "count", std::to_string(filed.count) + "\n");
  }
  return filed;
}

}  // namespace tidemark
