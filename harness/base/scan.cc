// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "scan.h"

#include <charconv>

namespace tidemark {

bool skip(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool scan_number(std::string_view& text, std::uint64_t max, std::uint64_t& value) {
  const int radix = skip(text, "0x") ? 16 : 10;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
  if (error != std::errc{} || value > max) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace tidemark
