// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "program_file.h"

#include <algorithm>
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

// How many bytes the longest beginning has that is text.
std::size_t text_length(std::string_view content) {
  std::size_t at = 0;
  while (at < content.size()) {
    const std::size_t length = character_length(content.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

// "byte 0xe9 in line 3", the first that is no text.
std::string first_other_byte(std::string_view content) {
  const std::string_view text = content.substr(0, text_length(content));
  return "byte " + hex(static_cast<unsigned char>(content[text.size()])) + " in line " +
         decimal(1 + std::ranges::count(text, '\n'));
}

bool is_printable(char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\t' || c == '\r'; }

// Of every other byte from `first` on, are nearly all as `holds` says?
bool nearly_all(std::string_view content, std::size_t first, bool (*holds)(char)) {
  std::size_t count = 0, all = 0;
  for (std::size_t i = first; i < content.size(); i += 2) ++all, count += holds(content[i]);
  return all && 10 * count >= 8 * all;
}

// Text with something else in it, or as UTF-16. No fuzzer's input is, if it is long enough
// to tell.
bool is_spoilt_text(std::string_view content) {
  constexpr std::size_t kLongEnough = 8;
  if (content.size() < kLongEnough) return false;
  const auto is_zero = [](char c) { return c == 0; };
  const bool even = nearly_all(content, 0, is_printable),
             odd = nearly_all(content, 1, is_printable);
  return (even && odd) || (even && nearly_all(content, 1, is_zero)) ||
         (odd && nearly_all(content, 0, is_zero));
}

std::string note_on_bytes(std::string_view content) {
  if (content.size() <= kMaxProgramBytes) return "";
  return "only the first " + decimal(kMaxProgramBytes) + " of its " + decimal(content.size()) +
         " bytes are the program, as in fuzzing";
}

// Of a file whose name says nothing.
Form form_of(std::string_view content, std::string& problem) {
  if (text_length(content) == content.size()) return Form::text;
  if (is_spoilt_text(content))
    problem = first_other_byte(content) +
              " is no text; if these are a fuzzer's bytes, give the file a name that ends in .bin";
  return Form::bytes;
}

std::string complaint(const Program& program, const Unencodable& why) {
  if (why.operation == Unencodable::kSetup) {
    return std::string("the container has no byte form for its ") + why.field;
  }
  if (why.operation == kMaxOperations) {
    return "more than " + std::to_string(kMaxOperations) + " operations have no byte form";
  }
  return "operation " + std::to_string(why.operation + 1) + ", '" +
         print(program.operations[why.operation]) + "', has no byte form for: " + why.field;
}

}  // namespace

bool looks_like_text(std::span<const std::uint8_t> content) {
  return text_length(characters(content)) == content.size();
}

std::variant<LoadedProgram, std::string> load_program(const std::string& path, Form form) {
  std::string content;
  std::string problem = read_up_to_limit(path, content);
  if (!problem.empty()) return quoted_path(path) + ": " + problem;
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  if (form == Form::automatic && path.ends_with(".trace")) form = Form::text;
  if (form == Form::automatic && path.ends_with(".bin")) form = Form::bytes;
  if (form == Form::automatic) form = form_of(content, problem);
  if (!problem.empty()) return quoted_path(path) + ": " + problem;
  if (form == Form::bytes) {
    const std::string note = note_on_bytes(content);
    return LoadedProgram{decode(bytes), note.empty() ? "" : quoted_path(path) + ": " + note};
  }
  if (!looks_like_text(bytes))
    return quoted_path(path) + ": " + first_other_byte(content) +
           " is no text; the name of a file with a fuzzer's bytes ends in .bin, or in nothing";
  std::variant<Program, ParseError> parsed = parse(content);
  if (Program* program = std::get_if<Program>(&parsed))
    return LoadedProgram{std::move(*program), ""};
  const ParseError& error = std::get<ParseError>(parsed);
  return quoted_path(path) + ":" + std::to_string(error.line) + ": " + error.message;
}

std::string why_no_bytes(const Program& program) {
  const Program fuzzed = fuzzable(program);
  Unencodable why;
  return encode(fuzzed, &why) ? "" : complaint(fuzzed, why);
}

std::variant<std::vector<std::uint8_t>, NoBytes, std::string> load_as_bytes(
    const std::string& path) {
  auto loaded = load_program(path, Form::text);
  if (auto* message = std::get_if<std::string>(&loaded)) return std::move(*message);
  const Program& program = std::get<LoadedProgram>(loaded).program;
  if (auto bytes = encode(fuzzable(program))) return std::move(*bytes);
  return NoBytes{quoted_path(path) + ": " + why_no_bytes(program)};
}

}  // namespace tidemark
