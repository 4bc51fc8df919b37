// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "tokens.h"

#include "errno_names.h"
#include "program_text.h"
#include "text.h"
#include "verbs.h"

namespace tidemark::words {

using std::string;
using std::string_view;

namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

// The base, if there is one; false if it is begun and wrong.
bool scan_base(string_view& text, Quantity& quantity) {
  if (skip(text, "2^63")) return quantity.base = Base::middle, true;
  if (skip(text, "2^64")) return quantity.base = Base::top, true;
  if (skip(text, "fresh")) return quantity.base = Base::fresh, true;
  if (!skip(text, "m")) return true;
  std::uint64_t index = 0;
  if (!scan_number(text, kMaxIndex, index)) return false;
  quantity.index = static_cast<std::uint8_t>(index);
  quantity.base = skip(text, ".end")    ? Base::mapping_end
                  : skip(text, ".size") ? Base::mapping_size
                                        : Base::mapping;
  return true;
}

// All of `text` are bytes, up to 2^64 - 1.
bool scan_bytes(string_view text, bool negative, Quantity& quantity) {
  const bool hex = text.substr(0, 2) == "0x";
  std::uint64_t value = 0;
  if (!scan_number(text, kMax, value) || !text.empty()) return false;
  quantity.bytes = static_cast<std::int64_t>(negative ? 0 - value : value);
  // As decimals, those above 2^63 would come back negative.
  if (hex || (quantity.bytes < 0) != negative)
    quantity.written = negative ? Quantity::Written::minus_hex : Quantity::Written::hex;
  return true;
}

// Pages (with a 'p'), bytes, or pages and then bytes. The first has a sign if
// something stands before it; the second always.
bool scan_offset(string_view text, bool first, Quantity& quantity) {
  for (bool pages_allowed = true; !text.empty(); first = false) {
    const bool negative = skip(text, "-");
    if (!negative && !skip(text, "+") && !first) return false;
    const string_view before = text;
    if (pages_allowed && scan_signed(text, negative, quantity.pages) && skip(text, "p")) {
      pages_allowed = false;
      continue;
    }
    quantity.pages = pages_allowed ? 0 : quantity.pages;
    return scan_bytes(before, negative, quantity);
  }
  return true;
}

}  // namespace

bool scan_quantity(string_view text, bool vaddr, Quantity& quantity) {
  quantity = {};
  if (text.empty()) return false;
  if (!scan_base(text, quantity) || (quantity.base == Base::fresh && !vaddr)) return false;
  return scan_offset(text, quantity.base == Base::zero, quantity);
}

bool scan_result(string_view word, std::int64_t& result) {
  const bool negative = skip(word, "-");
  for (const ErrorName& error : kErrorNames) {
    if (negative && word == error.name) return result = -error.number, true;
  }
  return scan_signed(word, negative, result) && word.empty();
}

bool scan_words(string_view word, WordRun& run) {
  if (!scan_number(word, kMax, run.first)) return false;
  run.last = run.first;
  const bool several = skip(word, "-");
  return (!several || (scan_number(word, kMax, run.last) && run.last >= run.first)) &&
         skip(word, ":") && whole_number(word, kMax, run.word);
}

bool scan_pairs(string_view word, char between, Expectation::Pairs& pairs) {
  if (word == "none") return true;
  do {
    std::pair<std::uint64_t, std::uint64_t> pair;
    const bool good = scan_number(word, kMax, pair.first) && skip(word, string_view(&between, 1)) &&
                      scan_number(word, kMax, pair.second);
    if (!good || pairs.size() == kMaxLineItems) return false;
    pairs.push_back(pair);
  } while (skip(word, ","));
  return word.empty();
}

bool scan_callbacks(string_view word, std::vector<CallbackMade>& callbacks) {
  if (word == "none") return true;
  do {
    CallbackMade made;
    std::uint64_t device = 0;
    const bool good = skip(word, "d") && scan_number(word, kDevices - 1, device) &&
                      skip(word, ":") && scan_number(word, kMax, made.first) && skip(word, "-") &&
                      scan_number(word, kMax, made.last);
    if (!good || callbacks.size() == kMaxLineItems) return false;
    made.device = static_cast<unsigned>(device);
    callbacks.push_back(made);
  } while (skip(word, ","));
  return word.empty();
}

void Line::take() {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  std::size_t start = 0;
  while (start < rest_.size() && is_space(rest_[start])) ++start;
  std::size_t stop = start;
  while (stop < rest_.size() && !is_space(rest_[stop])) ++stop;
  word_ = rest_.substr(start, stop - start);
  rest_.remove_prefix(stop);
  if (!word_.empty() && word_[0] == '#') word_ = rest_ = {};
}

bool Line::fail(const string& expected) {
  return fail_with("expected " + expected + ", found " +
                   (end() ? "the end of the line" : quote(word_)));
}

}  // namespace tidemark::words
