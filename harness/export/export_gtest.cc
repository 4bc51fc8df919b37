// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "export_gtest.h"

#include "program_text.h"
#include "text.h"

namespace tidemark {
namespace {

// What ends a raw string literal of the text; the text has no ")<this>\"".
std::string delimiter_for(const std::string& text) {
  std::string delimiter = "program";
  for (unsigned i = 1; text.find(")" + delimiter + "\"") != std::string::npos; ++i)
    delimiter = "program" + std::to_string(i);
  return delimiter;
}

// Of ASCII alone, whatever the locale.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

constexpr char kBefore[] =
    "#include <gtest/gtest.h>\n"
    "\n"
    "#include <string>\n"
    "#include <variant>\n"
    "\n"
    "#include \"factories.h\"\n"
    "#include \"lockstep.h\"\n"
    "#include \"program_text.h\"\n"
    "\n"
    "namespace {\n"
    "\n";

constexpr char kAfter[] = R"part(
  const auto parsed = tidemark::parse(kText);
  const auto* error = std::get_if<tidemark::ParseError>(&parsed);
  ASSERT_EQ(error, nullptr) << "line " << error->line << ": " << error->message;
  const auto& program = std::get<tidemark::Program>(parsed);
  tidemark::Lockstep lockstep(tidemark::make_tracker, tidemark::make_reference);
  const auto mismatch = lockstep.run(program);
  EXPECT_FALSE(mismatch.has_value())
      << tidemark::print(mismatch->signature) << "\n" << tidemark::describe(*mismatch, program);
}

}  // namespace
)part";

}  // namespace

std::string test_name(std::string_view file) {
  constexpr std::size_t kMost = 80;
  // Any other last part is one of a finding's name.
  constexpr std::string_view kExtension = ".trace";
  if (file.ends_with(kExtension)) file.remove_suffix(kExtension.size());
  std::string name;
  bool begins = true;  // a word
  for (const char c : file) {
    const bool letter = is_lower(c) || is_upper(c);
    if (name.size() < kMost && (letter || is_digit(c)))
      name += begins && is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    begins = !letter && !is_digit(c);
  }
  if (name.empty()) return "Program";
  // What gtest would not run.
  if (is_digit(name[0]) || name.starts_with("DISABLED")) name = ("Program" + name).substr(0, kMost);
  return name;
}

std::string export_gtest(const Program& program, const ExportOrigin& origin) {
  const std::string text = print(program);
  const std::string delimiter = delimiter_for(text);
  std::string result =
      "// A program in lockstep with the reference, made from " + comment_text(origin.name) +
      " by\n// ./tidemark export gtest. As NAME_test.cc in the checkout's tests/ it is "
      "one of them:\n// ./tidemark test -R Exported\n";
  for (const std::string& comment : origin.comments)
    result += "//   " + comment_text(comment) + "\n";
  return result + kBefore + "TEST(Exported, " + test_name(origin.name) +
         ") {\n  static const std::string kText = R\"" + delimiter + "(" + text + ")" + delimiter +
         "\";" + kAfter;
}

}  // namespace tidemark
