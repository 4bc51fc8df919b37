// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "tokens.h"

#include "program_text.h"
#include "text.h"

namespace tidemark::words {

using std::string;
using std::string_view;

Written written_as(string_view text) {
  return {text.substr(0, 2) == "0x" ? Written::hex : Written::decimal};
}

string number_up_to(std::uint64_t max) { return "a number from 0 to " + decimal(max); }

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
  const bool hex = written_as(text).as == Written::hex;
  std::uint64_t value = 0;
  if (!scan_number(text, kMax, value) || !text.empty()) return false;
  quantity.bytes = static_cast<std::int64_t>(negative ? 0 - value : value);
  quantity.bytes_written.as = negative ? (hex ? Written::minus_hex : Written::minus_decimal)
                                       : (hex ? Written::hex : Written::decimal);
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
      quantity.pages_written = written_as(before);
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
