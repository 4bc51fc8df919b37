// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "expectation_text.h"

#include <algorithm>
#include <utility>

#include "errno_names.h"
#include "program_text.h"
#include "text.h"
#include "total_text.h"
#include "vocabulary.h"

namespace tidemark {
namespace {

using namespace words;
using std::string;
using std::string_view;

bool scan_result(string_view word, std::int64_t& result) {
  const bool negative = skip(word, "-");
  if (const int error = negative ? errno_called(word) : 0) return result = -error, true;
  return scan_signed(word, negative, result) && word.empty();
}

bool scan_words(string_view word, WordRun& run) {
  if (!scan_number(word, kMax64, run.first)) return false;
  run.last = run.first;
  const bool several = skip(word, "-");
  return (!several || (scan_number(word, kMax64, run.last) && run.last >= run.first)) &&
         skip(word, ":") && whole_number(word, kMax64, run.word);
}

bool read_words(Line& line, Expectation& expectation) {
  auto& words = expectation.words.emplace();
  while (!line.end()) {
    WordRun run;
    if (words.size() == kMaxLineWords) {
      return line.fail("at most " + decimal(kMaxLineWords) + " words");
    }
    if (!line.take_if(scan_words(line.word(), run), "index:word or first-last:word")) return false;
    add_words(words, run);
  }
  return true;
}

// "none", or pairs like 0x1000-0x2fff,0x5000-0x5fff.
bool scan_pairs(string_view word, char between, Expectation::Pairs& pairs) {
  if (word == "none") return true;
  do {
    std::pair<std::uint64_t, std::uint64_t> pair;
    const bool good = scan_number(word, kMax64, pair.first) &&
                      skip(word, string_view(&between, 1)) &&
                      scan_number(word, kMax64, pair.second);
    if (!good || pairs.size() == kMaxLineItems) return false;
    pairs.push_back(pair);
  } while (skip(word, ","));
  return word.empty();
}

// "none", or capabilities like migration:24,dma-avail:56.
bool scan_capabilities(string_view word, Expectation::Pairs& capabilities) {
  if (word == "none") return true;
  do {
    const string_view item = word.substr(0, word.find(':'));
    std::pair<std::uint64_t, std::uint64_t> pair(find_word(kCapabilityNames, item), 0);
    if (pair.first < kCapabilityNames.size())
      word.remove_prefix(item.size());
    else if (!scan_number(word, kMax16, pair.first))
      return false;
    if (!skip(word, ":") || !scan_number(word, kMax32, pair.second)) return false;
    if (capabilities.size() == kMaxLineItems) return false;
    capabilities.push_back(pair);
  } while (skip(word, ","));
  return word.empty();
}

bool is_function(string_view word) {
  const auto is_part = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !word.empty() && word.size() <= kMaxFunctionName && !(word[0] >= '0' && word[0] <= '9') &&
         std::ranges::all_of(word, is_part);
}

// "none", how many, or the functions.
bool scan_warnings(string_view word, Warnings& warnings) {
  if (word == "none" || whole_number(word, kMax64, warnings.count)) return true;
  for (;;) {
    const string_view function = word.substr(0, word.find(','));
    if (!is_function(function) || warnings.functions.size() == kMaxLineItems) return false;
    warnings.functions.emplace_back(function);
    warnings.count = warnings.functions.size();
    if (function.size() == word.size()) return true;
    word.remove_prefix(function.size() + 1);
  }
}

// "none", or callbacks like d0:0x0-0xfff,d1:0x0-0xfff.
bool scan_callbacks(string_view word, std::vector<CallbackMade>& callbacks) {
  if (word == "none") return true;
  do {
    CallbackMade made;
    std::uint64_t device = 0;
    const bool good = skip(word, "d") && scan_number(word, kDevices - 1, device) &&
                      skip(word, ":") && scan_number(word, kMax64, made.first) && skip(word, "-") &&
                      scan_number(word, kMax64, made.last);
    if (!good || callbacks.size() == kMaxLineItems) return false;
    made.device = static_cast<unsigned>(device);
    callbacks.push_back(made);
  } while (skip(word, ","));
  return word.empty();
}

// A part that begins with `begin`, which `scan` reads into `value`.
template <typename Value, typename Scan>
Taken read_part(Line& line, string_view begin, std::optional<Value>& value, Scan scan,
                const string& expected) {
  string_view word = line.word();
  if (!skip(word, begin)) return Taken::no;
  if (value) return taken(line.fail("each part once"));
  return taken(line.take_if(scan(word, value.emplace()), expected));
}

bool scan_whole(string_view word, std::uint64_t& number) {
  return whole_number(word, kMax64, number);
}

Taken read_named_number(Line& line, string_view name, std::optional<std::uint64_t>& value) {
  return read_part(line, string(name) + "=", value, scan_whole,
                   string(name) + "= and " + number_up_to(kMax64));
}

Taken read_state(Line& line, Expectation& expectation) {
  for (std::size_t i = 0; i < kTotals; ++i) {
    const auto result = read_named_number(line, name(static_cast<Total>(i)), expectation.totals[i]);
    if (result != Taken::no) return result;
  }
  const auto pairs = [](char between) {
    return [between](string_view word, Expectation::Pairs& list) {
      return scan_pairs(word, between, list);
    };
  };
  Taken result = read_part(line, "marks=", expectation.marks, pairs('-'),
                           "marks=none or such as marks=0x1000-0x2fff,0x5000-0x5fff");
  if (result == Taken::no)
    result = read_part(line, "pins=", expectation.pins, pairs(':'),
                       "pins=none or such as pins=0x1000:1,0x2000:3");
  if (result == Taken::no)
    result = read_part(line, "callbacks=", expectation.callbacks, scan_callbacks,
                       "callbacks=none or such as callbacks=d0:0x0-0xfff,d1:0x0-0xfff");
  if (result == Taken::no)
    result = read_part(line, "warnings=", expectation.warnings, scan_warnings,
                       "warnings=none, warnings= and how many, or warnings= and functions with "
                       "commas between them");
  return result;
}

Taken read_info(Line& line, Expectation& expectation) {
  for (std::size_t i = 0; i < kInfoFields; ++i) {
    const Taken result = read_named_number(line, kInfoNames[i], expectation.info[i]);
    if (result != Taken::no) return result;
  }
  const Taken result =
      read_part(line, "capabilities=", expectation.capabilities, scan_capabilities,
                "capabilities=none or such as capabilities=migration:24,dma-avail:56");
  if (result != Taken::no) return result;
  return read_part(
      line, "iova_ranges=", expectation.iova_ranges,
      [](string_view word, Expectation::Pairs& list) { return scan_pairs(word, '-', list); },
      "iova_ranges=none or such as iova_ranges=0x0-0xfedfffff,0xfef00000-0xffffffff");
}

string first_of_info(const Expectation& expectation) {
  for (std::size_t i = 0; i < kInfoFields; ++i)
    if (expectation.info[i]) return string(kInfoNames[i]);
  return expectation.capabilities ? "capabilities" : "iova_ranges";
}

// What the verb has not, or a window, cannot be expected.
bool may_expect(Line& line, const Operation& operation, const Expectation& expectation) {
  const string verb = "'" + string(name(operation.verb)) + "'";
  if (expectation.size && operation.verb != Verb::unmap)
    return line.fail_with(verb + " has no size=, only 'unmap' has");
  if (expectation.words && !has_bitmap(operation.verb))
    return line.fail_with(verb + " has no words, only 'query' and 'unmap' have");
  if (expectation.is_of_info() && operation.verb != Verb::info)
    return line.fail_with(verb + " has no " + first_of_info(expectation) + "=, only 'info' has");
  if (expectation.is_of_state() && operation.when != When::now)
    return line.fail_with(
        "in a window a result, size=, what 'info' says, or words can be expected, and no state");
  return true;
}

bool read_parts(Line& line, Expectation& expectation) {
  std::int64_t result = 0;
  if (scan_result(line.word(), result)) {
    expectation.result = result;
    line.take();
  }
  if (read_named_number(line, "size", expectation.size) == Taken::failed) return false;
  for (Taken part = Taken::yes; part != Taken::no;) {
    part = read_state(line, expectation);
    if (part == Taken::no) part = read_info(line, expectation);
    if (part == Taken::failed) return false;
  }
  return !line.take("words") || read_words(line, expectation);
}

// With commas between them; "none" for none.
template <typename Items, typename Print>
string print_list(const Items& items, Print print_item) {
  string text;
  for (const auto& item : items) text += ',' + print_item(item);
  return text.empty() ? "none" : text.substr(1);
}

// "0x1000-0x2fff,0x5000-0x5fff".
string print_ranges(const Expectation::Pairs& ranges) {
  return print_list(ranges, [](const auto& r) { return hex(r.first) + '-' + hex(r.second); });
}

string print_pins(const Expectation::Pairs& pins) {
  return print_list(pins,
                    [](const auto& pin) { return hex(pin.first) + ':' + decimal(pin.second); });
}

string print_capabilities(const Expectation::Pairs& capabilities) {
  return print_list(capabilities, [](const auto& capability) {
    const auto& [id, offset] = capability;
    const bool has_name = id && id < kCapabilityNames.size();
    return (has_name ? string(kCapabilityNames[id]) : decimal(id)) + ':' + decimal(offset);
  });
}

string print_warnings(const Warnings& warnings) {
  if (warnings.count != warnings.functions.size()) return decimal(warnings.count);
  return print_list(warnings.functions, [](const string& function) { return function; });
}

string print_state(const Expectation& expectation) {
  string line;
  for (std::size_t i = 0; i < kTotals; ++i) {
    if (!expectation.totals[i]) continue;
    const auto total = static_cast<Total>(i);
    line += ' ' + string(name(total)) + '=' + total_text(total, *expectation.totals[i]);
  }
  if (expectation.marks) line += " marks=" + print_ranges(*expectation.marks);
  if (expectation.pins) line += " pins=" + print_pins(*expectation.pins);
  if (expectation.callbacks)
    line += " callbacks=" + print_list(*expectation.callbacks,
                                       [](const CallbackMade& made) { return print(made); });
  if (expectation.warnings) line += " warnings=" + print_warnings(*expectation.warnings);
  return line;
}

bool is_bits(InfoField field) {
  return field == InfoField::flags || field == InfoField::iova_pgsizes ||
         field == InfoField::migration_flags || field == InfoField::pgsize_bitmap ||
         field == InfoField::max_dirty_bitmap_size;
}

string print_info(const Expectation& expectation) {
  string line;
  for (std::size_t i = 0; i < kInfoFields; ++i) {
    if (!expectation.info[i]) continue;
    line += ' ' + string(kInfoNames[i]) + '=';
    line += is_bits(static_cast<InfoField>(i)) ? hex(*expectation.info[i])
                                               : decimal(*expectation.info[i]);
  }
  if (expectation.capabilities)
    line += " capabilities=" + print_capabilities(*expectation.capabilities);
  if (expectation.iova_ranges) line += " iova_ranges=" + print_ranges(*expectation.iova_ranges);
  return line;
}

}  // namespace

bool read_expectation(Line& line, const Operation& operation, Expectation& expectation) {
  Line rest = line;
  if (!read_parts(line, expectation)) return false;
  if (!line.end() || expectation.empty())
    return line.fail(
        "a result, size=, what the state is to be or 'info' says, or words, in this "
        "order");
  for (; !rest.end(); rest.take()) expectation.typed.text += ' ' + string(rest.word());
  expectation.typed.text.erase(0, 1);
  return may_expect(line, operation, expectation);
}

string print(const Expectation& expectation) {
  if (!expectation.typed.text.empty()) return expectation.typed.text;
  string line;
  if (expectation.result) line += ' ' + result_text(*expectation.result);
  if (expectation.size) line += " size=" + hex(*expectation.size);
  line += print_state(expectation) + print_info(expectation);
  if (expectation.words) {
    line += " words";
    for (const WordRun& run : *expectation.words) line += ' ' + print(run);
  }
  return line.empty() ? line : line.substr(1);
}

}  // namespace tidemark
