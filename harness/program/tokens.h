// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A line of a text program, word by word. For parse.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "program.h"
#include "scan.h"

namespace tidemark::words {

// Takes an integer of the type's range off the front of `text`; `negative`: behind a sign.
template <typename Number>
bool scan_signed(std::string_view& text, bool negative, Number& number) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
  std::uint64_t value = 0;
  if (!scan_number(text, kMax + (negative ? 1 : 0), value)) return false;
  number = static_cast<Number>(negative ? ~value + 1 : value);
  return true;
}

// All of `text` is a quantity; base `fresh` only where `vaddr`.
bool scan_quantity(std::string_view text, bool vaddr, Quantity& quantity);

// Of an expectation, all of `text`: -EINVAL, 3:0xff, 4-63:0xff; and lists of at most
// kMaxLineItems, or "none": 0x1000-0x2fff,0x5000-0x5fff; d0:0x0-0xfff,d1:0x0-0xfff.
bool scan_result(std::string_view text, std::int64_t& result);
bool scan_words(std::string_view text, WordRun& run);
bool scan_pairs(std::string_view text, char between, Expectation::Pairs& pairs);
bool scan_callbacks(std::string_view text, std::vector<CallbackMade>& callbacks);

// The words of one line, taken from the left.
class Line {
 public:
  // The line up to a '#' that begins a word.
  explicit Line(std::string_view text) : rest_(text) { take(); }

  std::string_view word() const { return word_; }  // empty at the end
  bool end() const { return word_.empty(); }
  void take();
  bool take(std::string_view word) {
    if (word_ != word || word.empty()) return false;
    take();
    return true;
  }
  // Takes the word if `good`, else fails.
  bool take_if(bool good, const std::string& expected) {
    if (!good) return fail(expected);
    take();
    return true;
  }
  // Returns false; error() says what was expected and what was found.
  bool fail(const std::string& expected);
  bool fail_with(std::string message) {
    error_ = std::move(message);
    return false;
  }
  const std::string& error() const { return error_; }

 private:
  std::string_view rest_;
  std::string_view word_;
  std::string error_;
};

}  // namespace tidemark::words
