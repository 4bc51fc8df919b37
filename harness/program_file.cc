// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "program_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "operation_bytes.h"
#include "operation_text.h"

namespace tidemark {
namespace {

using Bytes = std::span<const std::uint8_t>;

bool is_text_control(unsigned byte) { return byte == '\t' || byte == '\n' || byte == '\r'; }

// The length of the UTF-8 sequence that `bytes` (not empty) begin with; 0 if
// there is none, or if it is a control character that text does not have.
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

// Nothing on success, else what went wrong.
std::string read_file(const std::string& path, std::vector<std::uint8_t>& content) {
  // A path with a NUL would silently name another file.
  if (path.find('\0') != std::string::npos) return "No such file or directory";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) return std::strerror(errno);
  std::size_t size = 0;
  while (size <= kMaxFileBytes) {
    constexpr std::size_t kChunk = 64 * 1024;
    content.resize(std::min(size + kChunk, kMaxFileBytes + 1));
    const std::size_t got = std::fread(content.data() + size, 1, content.size() - size, file.get());
    size += got;
    if (got == 0) break;
  }
  content.resize(size);
  if (std::ferror(file.get()) != 0) return std::strerror(errno);
  if (size <= kMaxFileBytes) return "";
  return "larger than " + std::to_string(kMaxFileBytes) + " bytes, which no program is";
}

}  // namespace

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

bool looks_like_text(std::span<const std::uint8_t> content) {
  while (!content.empty()) {
    const std::size_t length = text_character(content);
    if (length == 0) return false;
    content = content.subspan(length);
  }
  return true;
}

std::variant<Program, std::string> load_program(const std::string& path, Form form) {
  std::vector<std::uint8_t> content;
  const std::string problem = read_file(path, content);
  if (!problem.empty()) return quoted_path(path) + ": " + problem;
  const bool text = form == Form::automatic ? looks_like_text(content) : form == Form::text;
  if (!text) return decode(content);
  const std::string_view characters(reinterpret_cast<const char*>(content.data()), content.size());
  std::variant<Program, ParseError> parsed = parse(characters);
  if (Program* program = std::get_if<Program>(&parsed)) return std::move(*program);
  const ParseError& error = std::get<ParseError>(parsed);
  return quoted_path(path) + ":" + std::to_string(error.line) + ": " + error.message;
}

}  // namespace tidemark
