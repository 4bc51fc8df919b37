// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A line of a text program, word by word. For what parses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "program.h"
#include "scan.h"

namespace tidemark::words {

// In which form the number that `text` begins with is written.
Written written_as(std::string_view text);

// As whole_number() of scan.h, and in which form.
using tidemark::whole_number;
template <typename Number>
bool whole_number(std::string_view text, std::uint64_t max, Number& number, Written& written) {
  written = written_as(text);
  return whole_number(text, max, number);
}

// All of `text` is one digit below `end`, which is at most 10.
inline bool digit_below(std::string_view text, unsigned end, std::uint8_t& number) {
  if (text.size() != 1 || text[0] < '0' || static_cast<unsigned>(text[0] - '0') >= end)
    return false;
  number = static_cast<std::uint8_t>(text[0] - '0');
  return true;
}

// For messages.
std::string number_up_to(std::uint64_t max);

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

// What became of a word that might be a part of some kind.
enum class Taken { no, yes, failed };
inline Taken taken(bool good) { return good ? Taken::yes : Taken::failed; }

}  // namespace tidemark::words
