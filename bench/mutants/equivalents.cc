// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "equivalents.h"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "text.h"

namespace tidemark::mutants {
namespace {

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") + 1 - first));
}

[[noreturn]] void complain(std::size_t line, const std::string& what) {
  throw std::invalid_argument(
      fmt::format("the list of equivalent mutants, line {}: {}", line, what));
}

Equivalent read_head(const std::string& text, std::size_t line) {
  Equivalent entry;
  entry.line = line;
  std::istringstream words(text);
  words >> entry.file >> entry.function;
  if (!words) complain(line, "an entry begins with a file and a function, not " + quote(text));
  std::string number, more;
  if (words >> number) {
    if (number.size() > 3 || number.find_first_not_of("0123456789") != std::string::npos ||
        number[0] == '0' || words >> more)
      complain(line, "behind the function comes at most a number from 1 on");
    entry.number = static_cast<unsigned>(std::stoul(number));
  }
  return entry;
}

void check_whole(const Equivalent& entry) {
  if (entry.removed.empty()) complain(entry.line, "the entry says of no line that it goes");
  if (entry.reason.empty()) complain(entry.line, "the entry gives no reason");
}

auto key_of(const auto& one) {
  return std::tie(one.file, one.function, one.removed, one.added, one.number);
}

// One more line of an entry.
void take_line(Equivalent& entry, const std::string& line, std::size_t number) {
  const bool change = line[0] == '-' || line[0] == '+';
  if (!change) {
    entry.reason += (entry.reason.empty() ? "" : " ") + line;
    return;
  }
  if (!entry.reason.empty()) complain(number, "a line of the change behind the reason");
  (line[0] == '-' ? entry.removed : entry.added).push_back(trimmed(line.substr(1)));
}

}  // namespace

std::vector<Equivalent> read_equivalents(std::string_view text) {
  std::vector<Equivalent> entries;
  std::istringstream stream{std::string(text)};
  bool within = false;
  std::size_t number = 0;
  for (std::string raw; std::getline(stream, raw);) {
    ++number;
    const std::string line = trimmed(raw);
    if (line.starts_with('#')) continue;
    if (line.empty())
      within = false;
    else if (std::exchange(within, true))
      take_line(entries.back(), line, number);
    else
      entries.push_back(read_head(line, number));
  }
  std::map<decltype(key_of(std::declval<const Equivalent&>())), std::size_t> seen;
  for (const Equivalent& entry : entries) {
    check_whole(entry);
    if (const auto [first, fresh] = seen.emplace(key_of(entry), entry.line); !fresh)
      complain(entry.line, fmt::format("the same entry as in line {}", first->second));
  }
  return entries;
}

std::string entry_of(const Mutant& mutant) {
  std::string text = mutant.file + " " + mutant.function;
  if (mutant.number > 1) text += fmt::format(" {}", mutant.number);
  text += "\n";
  for (const std::string& line : mutant.removed) text += "-" + line + "\n";
  for (const std::string& line : mutant.added) text += "+" + line + "\n";
  return text;
}

std::map<std::string, std::string> match(const std::vector<Equivalent>& list,
                                         const std::vector<Mutant>& mutants) {
  std::map<std::string, std::string> reasons;
  for (const Equivalent& entry : list) {
    const auto found = std::ranges::find_if(
        mutants, [&entry](const Mutant& mutant) { return key_of(mutant) == key_of(entry); });
    if (found == mutants.end())
      complain(entry.line, fmt::format("no mutant of {} in {} is this one any more", entry.function,
                                       entry.file));
    reasons[found->id] = entry.reason;
  }
  return reasons;
}

}  // namespace tidemark::mutants
