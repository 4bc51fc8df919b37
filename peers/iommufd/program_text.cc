// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <bit>

#include "program.h"
#include "scan.h"
#include "text.h"

namespace tidemark::iommufd {
namespace {

constexpr std::string_view kUnits = "KMGTP";  // each 1024 times the one before
constexpr std::string_view kVerbNames[] = {"map", "unmap", "write", "track", "query"};

using Words = std::vector<std::string_view>;

Words words_of(std::string_view line) {
  Words words;
  line = line.substr(0, line.find('#'));
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::uint64_t number(std::string_view word) {
  std::string_view text = word;
  std::uint64_t value = 0;
  if (!scan_number(text, ~std::uint64_t{0}, value)) throw BadProgram(quote(word) + " is no number");
  if (text.empty()) return value;
  const std::size_t unit = kUnits.find(text[0]);
  if (text.size() != 1 || unit == std::string_view::npos)
    throw BadProgram(quote(word) + " is no number: 4096, 0x1000, and 4K are one");
  const std::size_t shift = 10 * (unit + 1);
  if (value > ~std::uint64_t{0} >> shift) throw BadProgram(quote(word) + " is above 2^64 - 1");
  return value << shift;
}

// "name=value": the value, if it is that name.
std::optional<std::string_view> value_of(std::string_view word, std::string_view name) {
  if (!word.starts_with(name) || word.size() <= name.size() || word[name.size()] != '=')
    return std::nullopt;
  return word.substr(name.size() + 1);
}

void read_map_word(std::string_view word, Operation& operation) {
  if (word == "rw" || word == "ro") {
    operation.writable = word == "rw";
  } else if (const auto run = value_of(word, "runs")) {
    operation.run_bytes = number(*run);
    if (!std::has_single_bit(operation.run_bytes) || operation.run_bytes < kPage)
      throw BadProgram("runs are of a power of two, from 4K on, and not " + quote(*run));
  } else if (const auto from = value_of(word, "from")) {
    operation.run_offset = number(*from);
  } else {
    throw BadProgram("map has no " + quote(word) + ": rw, ro, runs=SIZE, from=SIZE");
  }
}

void read_query_word(std::string_view word, Operation& operation) {
  if (word == "no-clear") {
    operation.no_clear = true;
  } else if (const auto page = value_of(word, "page")) {
    operation.page_bytes = number(*page);
  } else if (const auto at = value_of(word, "at")) {
    operation.at = number(*at);
  } else if (const auto missing = value_of(word, "missing")) {
    const std::uint64_t page_number = number(*missing);
    if (page_number > 0x7fff) throw BadProgram("missing is at most 32767");
    operation.missing = static_cast<int>(page_number);
  } else {
    throw BadProgram("query has no " + quote(word) +
                     ": page=SIZE, at=BYTE, missing=PAGE, no-clear");
  }
}

Operation parse_operation(const Words& words) {
  Operation operation;
  std::size_t verb = 0;
  while (verb < kVerbs && words[0] != kVerbNames[verb]) ++verb;
  if (verb == kVerbs) throw BadProgram("there is no operation " + quote(words[0]));
  operation.verb = static_cast<Verb>(verb);
  std::size_t next = 1;
  const auto take = [&](const char* what) {
    if (next == words.size()) throw BadProgram(std::string(words[0]) + " wants " + what);
    return words[next++];
  };
  if (operation.verb == Verb::track) {
    const std::string_view word = take("on or off");
    if (word != "on" && word != "off") throw BadProgram("track is on or off, not " + quote(word));
    operation.on = word == "on";
  } else {
    operation.iova = number(take("an iova"));
    if (operation.verb != Verb::write) operation.bytes = number(take("a size"));
  }
  for (; next < words.size(); ++next) {
    if (operation.verb == Verb::map)
      read_map_word(words[next], operation);
    else if (operation.verb == Verb::query)
      read_query_word(words[next], operation);
    else
      throw BadProgram(std::string(words[0]) + " has no " + quote(words[next]));
  }
  if (in_range(operation) != operation)
    throw BadProgram("'from' is whole pages below the size of a run, 'at' is below 8K");
  return operation;
}

std::size_t parse_format(const Words& words) {
  if (words.size() == 2 && words[0] == "table")
    for (std::size_t i = 0; i < std::size(kFormats); ++i)
      if (words[1] == kFormats[i]) return i;
  std::string known;
  for (const std::string_view format : kFormats) known += " " + std::string(format);
  throw BadProgram("the first line is \"table FORMAT\", one of" + known);
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  std::size_t unit = 0;
  std::uint64_t count = bytes;
  while (count && count % 1024 == 0 && unit < kUnits.size()) {
    count /= 1024;
    ++unit;
  }
  if (!unit || count >= 1 << 16) return bytes < 10 ? decimal(bytes) : hex(bytes);
  return decimal(count) + kUnits[unit - 1];
}

std::string print(const Operation& operation) {
  std::string text(kVerbNames[static_cast<std::size_t>(operation.verb)]);
  if (operation.verb == Verb::track) return text + (operation.on ? " on" : " off");
  text += " " + size_text(operation.iova);
  if (operation.verb == Verb::write) return text;
  text += " " + size_text(operation.bytes);
  if (operation.verb == Verb::map) {
    text += operation.writable ? " rw" : " ro";
    if (operation.run_bytes) text += " runs=" + size_text(operation.run_bytes);
    if (operation.run_offset) text += " from=" + size_text(operation.run_offset);
  } else if (operation.verb == Verb::query) {
    if (operation.page_bytes != kPage) text += " page=" + size_text(operation.page_bytes);
    if (operation.at) text += " at=" + decimal(operation.at);
    if (operation.missing >= 0) text += " missing=" + decimal(operation.missing);
    if (operation.no_clear) text += " no-clear";
  }
  return text;
}

std::string print(const Program& program) {
  std::string text = "table " + std::string(kFormats[program.format]) + "\n";
  for (const Operation& operation : program.operations) text += print(operation) + "\n";
  return text;
}

Program parse(std::string_view text) {
  Program program;
  bool has_format = false;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const Words words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty()) continue;
    try {
      if (!has_format)
        program.format = parse_format(words);
      else
        program.operations.push_back(parse_operation(words));
    } catch (const BadProgram& bad) {
      throw BadProgram("line " + decimal(line) + ": " + bad.what());
    }
    has_format = true;
  }
  if (!has_format) throw BadProgram("it is empty: the first line is \"table FORMAT\"");
  if (program.operations.size() > kMostOperations)
    throw BadProgram("it has more than " + decimal(kMostOperations) + " operations");
  return program;
}

}  // namespace tidemark::iommufd
