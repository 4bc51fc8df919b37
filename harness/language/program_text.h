// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs as text, one line an operation. docs/programs.md is the language's
// description:
//
//   attach g0 emulated
//   map m0.end+1p 2p rw vaddr=m1
//   window d0: stop                 # inside the next unmap callback of d0
//   query m0 m0.size fault=bitmap-write+3 => 0 words 0:0x5 3:0xff
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "program.h"
#include "verbs.h"

namespace tidemark {

// Limits of parse(). A line within the others prints to far less than
// kMaxLineBytes, so that what was accepted once is accepted again.
inline constexpr std::size_t kMaxTextOperations = std::size_t{1} << 17;
inline constexpr std::size_t kMaxLineBytes = 64 * 1024;
inline constexpr std::size_t kMaxLineWords = 1024;                  // runs of words
inline constexpr std::size_t kMaxLineItems = 128;                   // of marks=, pins=, ...
inline constexpr std::size_t kMaxFunctionName = 48;                 // of warnings=
inline constexpr std::size_t kMaxTextWords = std::size_t{1} << 20;  // of the whole program

// One line without its end. Fields that the verb does not have are not printed.
std::string print(const Operation& operation);
// "d0:0x1000-0x1fff".
std::string print(const CallbackMade& made);
// "3:0x7", or "3-5:0x7" of several.
std::string print(const WordRun& run);
// What stands behind "=> ", as it was typed if it was; empty for an empty one.
std::string print(const Expectation& expectation);
// The setup's line, then one for each operation, each with its expectation.
std::string print(const Program& program);

struct ParseError {
  std::size_t line = 0;  // from 1
  std::string message;   // "expected a size, found 'foo'"; printable ASCII
  bool operator==(const ParseError&) const = default;
};

// For what decode() or parse() gave, parse(print(p)) == p, and numbers come back in the
// form in which they were typed, but for those of own hardware. Any bytes may be given;
// linear in their number, and stops at the first error.
std::variant<Program, ParseError> parse(std::string_view text);

}  // namespace tidemark
