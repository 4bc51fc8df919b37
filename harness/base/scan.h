// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Numbers and words off the front of a text.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark {

// Takes `prefix` off the front of `text` if it is there.
bool skip(std::string_view& text, std::string_view prefix);

// Takes a number, decimal or 0x hex, off the front of `text`.
bool scan_number(std::string_view& text, std::uint64_t max, std::uint64_t& value);

// All of `text` is a number up to `max`.
template <typename Number>
bool whole_number(std::string_view text, std::uint64_t max, Number& number) {
  std::uint64_t value = 0;
  if (!scan_number(text, max, value) || !text.empty()) return false;
  number = static_cast<Number>(value);
  return true;
}

}  // namespace tidemark
