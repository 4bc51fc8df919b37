// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <vector>

namespace tidemark {
namespace {

using std::string;
using std::string_view;

bool is_text_control(char c) { return c == '\t' || c == '\n' || c == '\r'; }

// --- What stands for itself: the length of the character that `text` begins with, or 0 ---

std::size_t printable_ascii(string_view text) { return text[0] >= 0x20 && text[0] < 0x7f ? 1 : 0; }

// That neither ends a line nor steers a terminal: there are control characters at
// U+0080 as well.
std::size_t visible(string_view text) {
  if (static_cast<unsigned char>(text[0]) < 0x20) return 0;
  const std::size_t length = character_length(text);
  return text[0] == '\xc2' && length == 2 && text[1] < '\xa0' ? 0 : length;
}

std::size_t any_byte(string_view) { return 1; }

// --- What stands for a byte that does not ---

string digits_of(unsigned char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 15]};
}

string escape_sequence(unsigned char byte) { return "\\x" + digits_of(byte); }

string digits_in_brackets(unsigned char byte) { return "<" + digits_of(byte) + ">"; }

string quote_between_quotes(unsigned char) { return "'\\''"; }

string entity(unsigned char byte) {
  switch (byte) {
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '&':
      return "&amp;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return "\xef\xbf\xbd";
  }
}

// Three digits, so that none that follows belongs to it.
string in_literal(unsigned char byte) {
  const auto digit = [byte](int shift) { return static_cast<char>('0' + (byte >> shift & 7)); };
  if (printable_ascii({reinterpret_cast<const char*>(&byte), 1}))
    return {'\\', static_cast<char>(byte)};
  return {'\\', digit(6), digit(3), digit(0)};
}

// A reader, and what it takes for more than itself.
struct Reader {
  string_view quotes;                    // before and behind it
  std::size_t (*plain)(string_view);     // but for:
  string_view special;                   // ASCII characters
  std::array<string_view, 3> pairs;      // ... and the second one of each of these
  string (*instead)(unsigned char);      // of one byte
  std::size_t most = string_view::npos;  // bytes; behind a longer one stands "..."
};

constexpr Reader kWord = {"'", printable_ascii, "'\\", {}, escape_sequence, 60};
constexpr Reader kPath = {"'", visible, "'\\", {}, escape_sequence};
constexpr Reader kShell = {"'", any_byte, "'", {}, quote_between_quotes};
constexpr Reader kHtml = {"", character_length, "<>&\"'", {}, entity};
constexpr Reader kComment = {"", printable_ascii, "\\", {"*/", "/*", "??"}, digits_in_brackets,
                             200};
constexpr Reader kLiteral = {"\"", printable_ascii, "\"\\?", {}, in_literal};

constexpr string_view kPlainInShell =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%=";

bool is_special(char c, const string& before, const Reader& reader) {
  return reader.special.find(c) != string_view::npos ||
         std::ranges::any_of(reader.pairs, [&](string_view pair) {
           return !pair.empty() && before.ends_with(pair[0]) && c == pair[1];
         });
}

string escaped(string_view text, const Reader& reader) {
  string result(reader.quotes);
  for (string_view rest = text.substr(0, reader.most); !rest.empty();) {
    const std::size_t length = is_special(rest[0], result, reader) ? 0 : reader.plain(rest);
    if (length)
      result += rest.substr(0, length);
    else
      result += reader.instead(static_cast<unsigned char>(rest[0]));
    rest.remove_prefix(std::max<std::size_t>(length, 1));
  }
  result += reader.quotes;
  return text.size() > reader.most ? result + "..." : result;
}

}  // namespace

string how_many(std::uint64_t count, string_view noun) {
  return decimal(count) + " " + string(noun) + (count == 1 ? "" : "s");
}

string hex(std::uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  return "0x" + string(digits, end);
}

std::size_t character_length(string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return (lead >= 0x20 && lead != 0x7f) || is_text_control(text[0]) ? 1 : 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  // Overlong forms, surrogates and what lies past U+10FFFF show in the second byte.
  const unsigned second = byte(1);
  const unsigned least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return second >= least && second <= most ? length : 0;
}

std::size_t edits_between(string_view a, string_view b) {
  std::vector<std::size_t> row(b.size() + 1);  // for what came of `a` so far, and each start of `b`
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (const char c : a) {
    std::size_t before = row[0]++;
    for (std::size_t i = 0; i < b.size(); ++i) {
      const std::size_t replaced = before + (b[i] != c);
      before = row[i + 1];
      row[i + 1] = std::min({replaced, before + 1, row[i] + 1});
    }
  }
  return row.back();
}

string quote(string_view word) { return escaped(word, kWord); }

string quoted_path(string_view path) { return escaped(path, kPath); }

string shell_word(string_view word) {
  const bool plain = word.find_first_not_of(kPlainInShell) == string_view::npos;
  return plain && !word.empty() ? string(word) : escaped(word, kShell);
}

string html_text(string_view text) { return escaped(text, kHtml); }

string uri_path(string_view path) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  string uri;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        string_view("/._-~").find(c) != string_view::npos)
      uri += c;
    else
      uri.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
  }
  return uri;
}

string comment_text(string_view text) { return escaped(text, kComment); }

string string_literal(string_view text) { return escaped(text, kLiteral); }

}  // namespace tidemark
