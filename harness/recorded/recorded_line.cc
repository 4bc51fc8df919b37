// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recorded_line.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "scan.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kMax64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMaxErrno = 4095;
constexpr std::uint64_t kNanoseconds = 1'000'000'000;

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

bool take_number(std::string_view& text, std::uint64_t& value) {
  return whole_number(take_word(text), kMax64, value);
}

bool take_time(std::string_view& text, RecordedLine& line) {
  line.time = take_word(text);
  std::string_view rest = line.time;
  std::uint64_t seconds = 0, nanoseconds = 0;
  if (!scan_number(rest, kMax64 / kNanoseconds - 1, seconds) || !skip(rest, ".")) return false;
  // With leading zeros, which no number of ours has.
  if (rest.size() != 9 || rest.find_first_not_of("0123456789") != rest.npos) return false;
  for (const char digit : rest) nanoseconds = nanoseconds * 10 + static_cast<unsigned>(digit - '0');
  line.begin_ns = seconds * kNanoseconds + nanoseconds;
  return true;
}

constexpr std::pair<std::string_view, RecordedVerb> kRecordedVerbs[] = {
    {"api-version", RecordedVerb::api_version},
    {"extension", RecordedVerb::extension},
    {"set-iommu", RecordedVerb::set_iommu},
    {"info", RecordedVerb::info},
    {"map", RecordedVerb::map},
    {"unmap", RecordedVerb::unmap},
    {"dirty", RecordedVerb::dirty},
    {"ioctl", RecordedVerb::ioctl},
    {"join", RecordedVerb::join},
    {"leave", RecordedVerb::leave},
    {"close", RecordedVerb::close}};

bool take_verb(std::string_view& text, RecordedVerb& verb) {
  const std::string_view word = take_word(text);
  const auto* found =
      std::ranges::find(kRecordedVerbs, word, &std::pair<std::string_view, RecordedVerb>::first);
  if (found == std::end(kRecordedVerbs)) return false;
  verb = found->second;
  return true;
}

bool is_word_of_kind(std::string_view word) {
  return word == "hardware" || word == "emulated" || word == "unknown";
}

// One of what stands between the verb and "=>".
bool read_argument(std::string_view word, RecordedLine& line) {
  if (word == "unreadable") {
    line.readable = false;
    return true;
  }
  if (word == "vaddr=iova") return line.vaddr_is_iova = true;
  if (word == "vaddr=wraps") return line.vaddr_wraps = true;
  if (word == "bitmap=kernel") return line.bitmap_in_kernel = true;
  if (skip(word, "kind=")) {
    line.kind = word;
    return is_word_of_kind(word);
  }
  const struct {
    std::string_view name;
    std::uint64_t most, *value;
  } fields[] = {{"argsz=", kMax32, &line.argsz},
                {"flags=", kMax32, &line.flags},
                {"vaddr=", kMax64, &line.vaddr},
                {"iova=", kMax64, &line.iova},
                {"size=", kMax64, &line.size},
                {"pgsize=", kMax64, &line.pgsize},
                {"bitmap_size=", kMax64, &line.bitmap_size}};
  for (const auto& [name, most, value] : fields)
    if (skip(word, name)) {
      line.has_bitmap |= value == &line.pgsize;
      return whole_number(word, most, *value);
    }
  std::uint64_t where = 0;  // in its page, which makes no difference
  if (skip(word, "bitmap=")) return whole_number(word, kMax64, where);
  if (line.verb == RecordedVerb::join && word.starts_with("c")) {
    line.container = word;
    return true;
  }
  return whole_number(word, line.verb == RecordedVerb::ioctl ? kMax32 : kMax64, line.argument);
}

bool read_result(std::string_view word, std::int64_t& result) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  const bool failed = skip(word, "-");
  if (!whole_number(word, failed ? kMaxErrno : kMost, result)) return false;
  if (failed) result = -result;
  return true;
}

bool read_bytes(std::string_view digits, std::string& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (; digits.size() >= 2; digits.remove_prefix(2)) {
    const std::size_t high = kDigits.find(digits[0]), low = kDigits.find(digits[1]);
    if (high == kDigits.npos || low == kDigits.npos) return false;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return digits.empty();
}

bool read_run(std::string_view word, WordRuns& runs) {
  WordRun run;
  if (!scan_number(word, kBitmapWordsMax - 1, run.first)) return false;
  run.last = run.first;
  if (skip(word, "-") && !scan_number(word, kBitmapWordsMax - 1, run.last)) return false;
  if (!skip(word, ":") || !whole_number(word, kMax64, run.word)) return false;
  if (run.last < run.first || (!runs.empty() && run.first <= runs.back().last)) return false;
  add_words(runs, run);
  return true;
}

// One of what stands behind the result.
bool read_output(std::string_view word, RecordedLine& line) {
  if (word == "unread") return true;
  if (word == "words") return line.words.emplace(), true;
  if (word == "used") return line.used = true;
  if (skip(word, "size=")) return whole_number(word, kMax64, line.unmapped.emplace());
  if (skip(word, "bytes=")) return read_bytes(word, line.bytes);
  if (skip(word, "more=")) return whole_number(word, kBitmapWordsMax, line.more);
  return line.words && read_run(word, *line.words);
}

bool read_call(std::string_view text, RecordedLine& line) {
  while (!text.empty()) {
    const std::string_view word = take_word(text);
    if (word == "=>") {
      if (!read_result(take_word(text), line.result)) return false;
      while (!text.empty())
        if (!read_output(take_word(text), line)) return false;
      return true;
    }
    if (!read_argument(word, line)) return false;
  }
  return line.verb == RecordedVerb::close;
}

}  // namespace

std::optional<std::variant<RecordBegins, RecordedLine>> recorded_line(std::string_view text) {
  if (skip(text, "tidemark-record ")) {
    RecordBegins begins;
    if (!take_number(text, begins.version) || !take_number(text, begins.process))
      return std::nullopt;
    return begins;
  }
  RecordedLine line;
  if (!take_time(text, line) || !take_number(text, line.taken_ns) ||
      !take_number(text, line.process) || !take_number(text, line.thread) ||
      !take_number(text, line.number))
    return std::nullopt;
  line.object = take_word(text);
  if (!line.object.starts_with("c") && !line.object.starts_with("g")) return std::nullopt;
  if (!take_verb(text, line.verb) || !read_call(text, line)) return std::nullopt;
  return line;
}

}  // namespace tidemark
