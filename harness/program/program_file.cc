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

#include "program_bytes.h"
#include "program_text.h"
#include "text.h"

namespace tidemark {
namespace {

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

bool looks_like_text(std::span<const std::uint8_t> content) {
  std::string_view rest(reinterpret_cast<const char*>(content.data()), content.size());
  while (!rest.empty()) {
    const std::size_t length = character_length(rest);
    if (length == 0) return false;
    rest.remove_prefix(length);
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
