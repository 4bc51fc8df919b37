// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "program_file.h"

#include <string_view>
#include <system_error>
#include <utility>

#include "files.h"
#include "program_bytes.h"
#include "program_text.h"
#include "text.h"

namespace tidemark {
namespace {

// Nothing on success, else what went wrong.
std::string read_up_to_limit(const std::string& path, std::string& content) {
  try {
    content = read_file(path, kMaxFileBytes + 1);
  } catch (const std::system_error& error) {
    return error.code().message();
  }
  if (content.size() <= kMaxFileBytes) return "";
  return "larger than " + std::to_string(kMaxFileBytes) + " bytes, which no program is";
}

}  // namespace

bool looks_like_text(std::span<const std::uint8_t> content) {
  std::string_view rest = characters(content);
  while (!rest.empty()) {
    const std::size_t length = character_length(rest);
    if (length == 0) return false;
    rest.remove_prefix(length);
  }
  return true;
}

std::variant<Program, std::string> load_program(const std::string& path, Form form) {
  std::string content;
  const std::string problem = read_up_to_limit(path, content);
  if (!problem.empty()) return quoted_path(path) + ": " + problem;
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  const bool text = form == Form::automatic ? looks_like_text(bytes) : form == Form::text;
  if (!text) return decode(bytes);
  std::variant<Program, ParseError> parsed = parse(content);
  if (Program* program = std::get_if<Program>(&parsed)) return std::move(*program);
  const ParseError& error = std::get<ParseError>(parsed);
  return quoted_path(path) + ":" + std::to_string(error.line) + ": " + error.message;
}

}  // namespace tidemark
