// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "log_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <vector>

#include "errno_names.h"
#include "scan.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kMax64 = std::numeric_limits<std::uint64_t>::max();

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || std::isalpha(static_cast<unsigned char>(c)) || c == '_';
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text[0])) text.remove_prefix(1);
}

// As printf's %p and PRIx64 have it. Versions of QEMU up to 2.8 have no 0x.
bool scan_hex(std::string_view& text, std::uint64_t& value) {
  value = 0;
  if (skip(text, "(nil)")) return true;
  skip(text, "0x");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

// An errno with whatever sign, or in the bits of an int of 64 or 32 bits: 0 or -errno.
bool scan_result(std::string_view& text, std::optional<std::int64_t>& result) {
  constexpr std::uint64_t kMaxErrno = 4095;
  const bool negative = skip(text, "-");
  std::uint64_t value = 0;
  if (!scan_number(text, kMax64, value)) return false;
  if (!negative && value > kMax64 - kMaxErrno) value = 0 - value;
  if (!negative && value <= 0xffffffff && value > 0xffffffff - kMaxErrno)
    value = 0x100000000 - value;
  if (value > kMaxErrno) return false;
  result = -static_cast<std::int64_t>(value);
  return true;
}

bool scan_error_text(std::string_view& text, std::optional<std::int64_t>& result) {
  for (const ErrorName& error : kErrorNames)
    if (skip(text, std::strerror(error.number))) {
      result = -error.number;
      return true;
    }
  return false;
}

bool set_range(LogFields& fields, std::uint64_t behind_last) {
  fields.size = behind_last - fields.first;
  fields.whole_space = fields.size == 0 && fields.first == 0 && fields.has_range;
  return true;
}

// What one '%' and `code` stand for, off the front of `text`.
bool scan_field(char code, std::string_view& text, LogFields& fields) {
  std::uint64_t value = 0;
  switch (code) {
    case 'F':
      fields.has_range = true;
      return scan_hex(text, fields.first);
    case 'L':
      return scan_hex(text, value) && value >= fields.first && set_range(fields, value + 1);
    case 'E':
      if (!scan_hex(text, value) || (value < fields.first && value != 0)) return false;
      fields.size = value - fields.first;
      return true;
    case 'S':
      return scan_hex(text, fields.size);
    case 'D':
      return scan_number(text, kMax64, fields.size);
    case 'U':
      return scan_number(text, kMax64, fields.unmapped.emplace());
    case 'N':
      return scan_number(text, kMax64, fields.count.emplace());
    case 'G':
      return scan_number(text, kMax64, fields.number);
    case 'R':
      return scan_result(text, fields.result);
    case 'M':
      return scan_error_text(text, fields.result);
    case '0':
    case 'e':
      fields.result = code == 'e' ? -EEXIST : 0;
      return true;
    case 'P':
    case 'W':
      if (!scan_hex(text, value)) return false;
      fields.rights = code == 'P' ? static_cast<unsigned>(value & 3) : value != 0 ? 1u : 3u;
      return true;
    default:
      return false;
  }
}

bool fits(std::string_view pattern, std::string_view text, LogFields& fields) {
  while (!pattern.empty()) {
    if (skip(pattern, "%*")) {
      const bool literal = !pattern.empty() && pattern[0] != ' ' && pattern[0] != '%';
      for (; !text.empty(); text.remove_prefix(1)) {
        if (literal && text[0] != pattern[0]) continue;
        LogFields tried = fields;
        if (!fits(pattern, text, tried)) continue;
        fields = tried;
        return true;
      }
      return fits(pattern, text, fields);
    }
    if (pattern[0] == ' ') {
      skip_blanks(text);
      pattern.remove_prefix(1);
    } else if (pattern[0] == '%') {
      if (!scan_field(pattern[1], text, fields)) return false;
      pattern.remove_prefix(2);
    } else if (!skip(text, pattern.substr(0, 1))) {
      return false;
    } else {
      pattern.remove_prefix(1);
    }
  }
  return true;
}

// The hour, and the date if it has one in digits, as most logs begin their lines:
//   1234@1699000000.123456:  2020-02-14T09:06:18.183167Z  [2021-05-04 10:25:25.311034]
//   Jan 13 18:17:37  qemu-1234 [001] .... 123.456789:
// The last word that may be one; there is nothing else in it.
std::string time_in(std::string_view before) {
  std::string_view found, date;
  while (!before.empty()) {
    const std::size_t end = std::min(before.find_first_of(" \t[]"), before.size());
    std::string_view word = before.substr(0, end);
    before.remove_prefix(std::min(end + 1, before.size()));
    const std::size_t at = word.find('@');
    if (at != word.npos && word.find_first_not_of("0123456789") == at) word.remove_prefix(at + 1);
    while (!word.empty() && (word.back() == ':' || word.back() == ',')) word.remove_suffix(1);
    if (word.empty() || word.find_first_not_of("0123456789:.-TZ+,") != word.npos) continue;
    if (!is_digit(word[0])) continue;
    if (std::ranges::count(word, ':') >= 2 || (word.size() >= 7 && word.find('.') != word.npos))
      found = word;
    else if (std::ranges::count(word, '-') == 2)
      date = word;
  }
  if (found.empty()) return "";
  const bool follows = !date.empty() && date.data() < found.data();
  constexpr std::size_t kMost = 40;
  return std::string(follows ? date : "") + (follows ? " " : "") +
         std::string(found.substr(0, kMost));
}

// What simpletrace.py prints behind an event: microseconds since the one before.
std::string time_behind(std::string_view text) {
  const std::size_t end = text.find(' ');
  if (end == text.npos || text.substr(end + 1, 4) != "pid=") return "";
  const std::string_view word = text.substr(0, end);
  if (word.find('.') == word.npos || word.find_first_not_of("-0123456789.") != word.npos) return "";
  return "+" + std::string(word) + "us";
}

struct Candidate {
  const LogRule* rule = nullptr;
  LogWriter writer = LogWriter::qemu;
};
// By the first characters of anchors, which are letters; in the order of the tables.
using Candidates = std::array<std::vector<Candidate>, 256>;

Candidates all_candidates() {
  Candidates candidates;
  for (const LogFormat& format : log_formats())
    for (const LogRule& rule : format.rules)
      candidates[static_cast<unsigned char>(rule.anchor[0])].push_back({&rule, format.writer});
  return candidates;
}

}  // namespace

std::span<const LogFormat> log_formats() {
  static const std::array<LogFormat, kLogWriters> formats = {
      {{LogWriter::qemu, "QEMU", qemu_rules()},
       {LogWriter::vfio_user, "libvfio-user", vfio_user_rules()},
       {LogWriter::dpdk, "DPDK or SPDK", dpdk_rules()}}};
  return formats;
}

std::optional<LogEvent> take_event(std::string_view& line) {
  static const Candidates candidates = all_candidates();
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (at && is_word(line[at - 1])) continue;
    for (const auto& [rule, writer] : candidates[static_cast<unsigned char>(line[at])]) {
      LogFields fields;
      std::string_view behind = line.substr(at);
      if (!skip(behind, rule->anchor)) continue;
      if (!fits(rule->pattern, behind, fields)) continue;
      LogEvent event = {rule->kind, writer, fields, time_behind(behind)};
      if (event.time.empty()) event.time = time_in(line.substr(0, at));
      line = behind;
      return event;
    }
  }
  return std::nullopt;
}

}  // namespace tidemark
