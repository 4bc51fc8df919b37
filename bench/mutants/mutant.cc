// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mutant.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

#include "digest.h"

namespace tidemark::mutants {
namespace {

constexpr std::size_t kContext = 3;  // lines of a diff around each change

// Lines [first, end), from 0, which become `lines`.
struct Hunk {
  std::size_t first, end;
  std::vector<std::string> lines;
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::size_t line_at(std::string_view source, std::size_t byte) {
  return static_cast<std::size_t>(std::ranges::count(source.substr(0, byte), '\n'));
}

std::size_t begin_of_line(std::string_view source, std::size_t byte) {
  const auto before = source.substr(0, byte).rfind('\n');
  return before == std::string_view::npos ? 0 : before + 1;
}

std::size_t end_of_line(std::string_view source, std::size_t byte) {
  return std::min(source.find('\n', byte), source.size());
}

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t") == std::string::npos;
}

std::string without_indent(const std::string& line) {
  return is_blank(line) ? std::string() : line.substr(line.find_first_not_of(" \t"));
}

// Edits that share a line are one hunk. A line of which nothing is left goes.
std::vector<Hunk> hunks_of(std::string_view source, const Mutant& mutant) {
  std::vector<Hunk> hunks;
  const auto& edits = mutant.edits;
  for (std::size_t i = 0; i < edits.size();) {
    const std::size_t begin = begin_of_line(source, edits[i].at);
    std::size_t end = 0, from = begin;
    std::string text;
    do {
      text += source.substr(from, edits[i].at - from);
      text += edits[i].text;
      from = edits[i].at + edits[i].length;
      end = end_of_line(source, from);
    } while (++i < edits.size() && edits[i].at < end);
    text += source.substr(from, end - from);
    Hunk hunk{line_at(source, begin), line_at(source, end) + 1, split(text)};
    std::erase_if(hunk.lines, is_blank);
    hunks.push_back(std::move(hunk));
  }
  return hunks;
}

std::string id_of(const Mutant& mutant) {
  std::string text = mutant.file + "\n" + mutant.function + "\n";
  for (const std::string& line : mutant.removed) text += "-" + line + "\n";
  for (const std::string& line : mutant.added) text += "+" + line + "\n";
  text += std::to_string(mutant.number);
  std::uint64_t digest = digest_of(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  // Of texts that end alike, the upper half would be alike.
  for (std::uint64_t round = 0; round < 4; ++round) digest = mix(digest, round);
  return fmt::format("{:08x}", digest >> 32);
}

// Hunks from `first` on whose lines around them meet.
std::size_t behind_those_that_meet(const std::vector<Hunk>& hunks, std::size_t first) {
  std::size_t end = first + 1;
  while (end < hunks.size() && hunks[end].first <= hunks[end - 1].end + 2 * kContext) ++end;
  return end;
}

std::string print_together(const std::vector<std::string>& lines, const Hunk* first,
                           const Hunk* end) {
  const std::size_t from = first->first - std::min(first->first, kContext);
  const std::size_t to = std::min(end[-1].end + kContext, lines.size());
  std::string text;
  std::size_t at = from, added = 0;
  const auto show = [&](char sign, std::size_t until) {
    for (; at < until; ++at) text += sign + lines[at] + "\n";
  };
  for (const Hunk* hunk = first; hunk != end; ++hunk) {
    show(' ', hunk->first);
    show('-', hunk->end);
    for (const std::string& line : hunk->lines) text += "+" + line + "\n";
    added += hunk->lines.size() - (hunk->end - hunk->first);  // may wrap, and back
  }
  show(' ', to);
  return fmt::format("@@ -{},{} +{},{} @@\n", from + 1, to - from, from + 1, to - from + added) +
         text;
}

}  // namespace

std::string_view name(Mutation mutation) {
  static constexpr std::string_view kNames[] = {"comparison", "arithmetic", "constant",
                                                "condition",  "statement",  "lock"};
  return kNames[static_cast<std::size_t>(mutation)];
}

std::string changed(std::string_view source, const Mutant& mutant) {
  std::string text(source);
  for (auto edit = mutant.edits.rbegin(); edit != mutant.edits.rend(); ++edit)
    text.replace(edit->at, edit->length, edit->text);
  return text;
}

std::vector<std::size_t> lines_of(std::string_view source, const Mutant& mutant) {
  std::vector<std::size_t> lines;
  for (const Hunk& hunk : hunks_of(source, mutant))
    for (std::size_t line = hunk.first; line < hunk.end; ++line) lines.push_back(line + 1);
  return lines;
}

void describe(std::vector<Mutant>& mutants, std::string_view source) {
  const std::vector<std::string> lines = split(source);
  std::map<std::tuple<std::string, std::vector<std::string>, std::vector<std::string>>, unsigned>
      seen;
  for (Mutant& mutant : mutants) {
    for (const Hunk& hunk : hunks_of(source, mutant)) {
      for (std::size_t line = hunk.first; line < hunk.end; ++line)
        mutant.removed.push_back(without_indent(lines[line]));
      for (const std::string& line : hunk.lines) mutant.added.push_back(without_indent(line));
    }
    mutant.line = lines_of(source, mutant).front();
    mutant.number = ++seen[{mutant.function, mutant.removed, mutant.added}];
    mutant.id = id_of(mutant);
  }
}

std::string unified_diff(std::string_view source, const Mutant& mutant) {
  const std::vector<std::string> lines = split(source);
  const std::vector<Hunk> hunks = hunks_of(source, mutant);
  std::string text = fmt::format("--- a/impl/{0}\n+++ b/impl/{0}\n", mutant.file);
  for (std::size_t first = 0; first < hunks.size();) {
    const std::size_t end = behind_those_that_meet(hunks, first);
    text += print_together(lines, hunks.data() + first, hunks.data() + end);
    first = end;
  }
  return text;
}

}  // namespace tidemark::mutants
