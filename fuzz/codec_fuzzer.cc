// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Property: the three views of a program agree. Whatever the bytes, what they
// decode to survives encode and decode, and print and parse, unchanged; and the
// same bytes taken as text are refused or parse to a program that prints back.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "program_bytes.h"
#include "program_text.h"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "Assertion failure: codec.%s\n", what);
  std::abort();
}

void check_bytes(const tidemark::Program& program) {
  const auto bytes = tidemark::encode(program);
  require(bytes.has_value(), "encode");
  require(tidemark::decode(*bytes) == program, "decode");
  require(tidemark::encode(tidemark::decode(*bytes)) == bytes, "canonical");
}

void check_text(const tidemark::Program& program) {
  const std::string text = tidemark::print(program);
  const auto parsed = tidemark::parse(text);
  const auto* again = std::get_if<tidemark::Program>(&parsed);
  require(again != nullptr, "parse");
  require(*again == program, "parse-equal");
  require(tidemark::print(*again) == text, "print");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tidemark::Program program = tidemark::decode({data, size});
  check_bytes(program);
  check_text(program);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = tidemark::parse(text);
  if (const auto* accepted = std::get_if<tidemark::Program>(&parsed)) check_text(*accepted);
  return 0;
}
