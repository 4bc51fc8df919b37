// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "drop.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <variant>

#include "files.h"
#include "program_text.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// Parts with a name and a length before them, so that they may hold whatever bytes.
void add(std::string& text, std::string_view name, std::string_view content) {
  text.append(name).append(" ").append(std::to_string(content.size())).append("\n");
  text.append(content).append("\n");
}

using Parts = std::multimap<std::string_view, std::string_view>;

// Takes the first part off `text`.
bool take_part(std::string_view& text, Parts& parts) {
  const auto space = text.find(' '), line_end = text.find('\n');
  if (space == std::string_view::npos || line_end == std::string_view::npos || line_end < space)
    return false;
  std::size_t size = 0;
  const auto number = std::from_chars(text.data() + space + 1, text.data() + line_end, size);
  const std::string_view behind = text.substr(line_end + 1);
  if (number.ec != std::errc() || number.ptr != text.data() + line_end || size >= behind.size() ||
      behind[size] != '\n')
    return false;
  parts.emplace(text.substr(0, space), behind.substr(0, size));
  text = behind.substr(size + 1);
  return true;
}

std::string_view part(const Parts& parts, std::string_view name) {
  const auto found = parts.find(name);
  return found == parts.end() ? std::string_view() : found->second;
}

std::string picture_columns(const Picture& picture) {
  std::ostringstream text;
  text << picture.first << ' ' << picture.page_bytes << ' ' << picture.pages_before << ' '
       << picture.pages_behind << '\n';
  for (const Picture::Column& column : picture.columns)
    text << column.mapping << ' ' << column.pins << ' ' << column.subject << ' ' << column.reference
         << ' ' << column.in_range << ' ' << column.of_cause << '\n';
  return text.str();
}

Picture picture_of(std::string_view columns) {
  Picture picture;
  std::istringstream text{std::string(columns)};
  text >> picture.first >> picture.page_bytes >> picture.pages_before >> picture.pages_behind;
  for (Picture::Column c;
       text >> c.mapping >> c.pins >> c.subject >> c.reference >> c.in_range >> c.of_cause;)
    picture.columns.push_back(c);
  return picture;
}

std::optional<Program> program_of(std::string_view text) {
  auto result = parse(text);
  if (auto* program = std::get_if<Program>(&result)) return std::move(*program);
  return std::nullopt;
}

// The signature's line, and the program below it.
std::optional<std::pair<Signature, Program>> lead_of(std::string_view text) {
  const auto line_end = std::min(text.find('\n'), text.size());
  auto program = program_of(text.substr(std::min(line_end + 1, text.size())));
  if (!program) return std::nullopt;
  return std::pair(parse_signature(text.substr(0, line_end)), std::move(*program));
}

std::optional<Diagnosed> diagnosed_of(const Parts& parts) {
  Diagnosed found;
  Finding& finding = found.finding;
  finding.subject = part(parts, "subject");
  finding.name = part(parts, "name");
  finding.report = part(parts, "report");
  finding.program = program_of(part(parts, "program"));
  finding.before = programs_of(part(parts, "before")).value_or(std::vector<Program>());
  const std::string_view input = part(parts, "input");
  finding.input.assign(input.begin(), input.end());
  finding.picture = picture_of(part(parts, "picture"));
  finding.picture.subject = subject_label(finding.subject);
  finding.picture.dirty_is = part(parts, "dirty-is");
  found.runs = std::strtoull(std::string(part(parts, "runs")).c_str(), nullptr, 10);
  const auto [first, end] = parts.equal_range("lead");
  for (auto lead = first; lead != end; ++lead)
    if (auto read = lead_of(lead->second)) found.leads.push_back(std::move(*read));
  // The input is the last part: without it, others are missing as well.
  const bool whole = !finding.name.empty() && finding.program && parts.contains("input");
  return whole ? std::optional(std::move(found)) : std::nullopt;
}

}  // namespace

std::optional<Diagnosed> diagnose_finding(const UnderTest& tested, Lockstep& lockstep,
                                          const Program& program,
                                          std::span<const std::uint8_t> input,
                                          const NumberedRuns* numbers) {
  auto diagnosis = diagnose(lockstep, program, numbers);
  if (!diagnosis) return std::nullopt;
  return Diagnosed{make_finding(tested, lockstep, *diagnosis, input), diagnosis->runs,
                   std::move(diagnosis->leads)};
}

std::string written(const Diagnosed& found) {
  const Finding& finding = found.finding;
  std::string text;
  add(text, "name", finding.name);
  add(text, "subject", finding.subject);
  add(text, "runs", std::to_string(found.runs));
  add(text, "program", print(*finding.program));
  add(text, "before", text_of_all(finding.before));
  add(text, "report", finding.report);
  add(text, "dirty-is", finding.picture.dirty_is);
  add(text, "picture", picture_columns(finding.picture));
  for (const auto& [signature, lead] : found.leads)
    add(text, "lead", print(signature) + "\n" + print(lead));
  add(text, "input", characters(finding.input));
  return text;
}

std::optional<Diagnosed> read_diagnosed(std::string_view text) {
  Parts parts;
  while (!text.empty())
    if (!take_part(text, parts)) return std::nullopt;
  return diagnosed_of(parts);
}

void drop(const Diagnosed& found, const fs::path& folder) {
  static unsigned number = 0;
  char name[32];
  std::snprintf(name, sizeof(name), "%d-%06u", static_cast<int>(getpid()), number++);
  write_file(folder / name, written(found));
}

std::vector<fs::path> drops_in(const fs::path& folder) {
  std::vector<fs::path> drops;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.path().filename().string()[0] != '.') drops.push_back(entry.path());
  std::ranges::sort(drops);
  return drops;
}

std::optional<Diagnosed> read_drop(const fs::path& path) { return read_diagnosed(read_file(path)); }

}  // namespace tidemark
