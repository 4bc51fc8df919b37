// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "text.h"

#include <charconv>
#include <span>

namespace tidemark {
namespace {

using std::string;
using std::string_view;
using Bytes = std::span<const std::uint8_t>;

// The length of the UTF-8 sequence that `bytes` (not empty) begin with; 0 if
// there is none, or if it is a control character that text does not have.
bool is_text_control(unsigned byte) { return byte == '\t' || byte == '\n' || byte == '\r'; }

std::size_t text_character(Bytes bytes) {
  const unsigned lead = bytes[0];
  if (lead < 0x80) return (lead >= 0x20 && lead != 0x7f) || is_text_control(lead) ? 1 : 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies past U+10FFFF show in the second byte.
  const unsigned second = bytes[1];
  const unsigned least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return second >= least && second <= most ? length : 0;
}

}  // namespace

string hex(std::uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  return "0x" + string(digits, end);
}

string quote(string_view word) {
  constexpr std::size_t kShown = 60;
  constexpr char kDigits[] = "0123456789abcdef";
  string text = "'";
  for (const char c : word.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\'' && c != '\\') {
      text += c;
    } else {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text + (word.size() > kShown ? "'..." : "'");
}

std::size_t character_length(std::string_view text) {
  return text_character({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string quoted_path(std::string_view path) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "'";
  while (!path.empty()) {
    const std::size_t length = character_length(path);
    const auto byte = static_cast<unsigned char>(path[0]);
    // Beside the ASCII control characters there are those at U+0080.
    const bool steers = byte < 0x20 || (byte == 0xc2 && length == 2 && path[1] < '\xa0');
    if (length == 0 || steers || path[0] == '\'' || path[0] == '\\') {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
      path.remove_prefix(1);
    } else {
      text += path.substr(0, length);
      path.remove_prefix(length);
    }
  }
  return text + "'";
}

}  // namespace tidemark
