// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs from files, text or bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "program.h"

namespace tidemark {

// Longer files are refused. Bytes past kMaxProgramBytes are not of the program, as for
// the fuzz targets, so that any input of theirs can be replayed; that is said.
inline constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;

enum class Form { automatic, text, bytes };

// The rule of Form::automatic: a file is what its name says, NAME.trace text and NAME.bin
// bytes. Where it says nothing, it is text if it looks like it: valid UTF-8 without control
// characters other than tab, line feed and carriage return; and bytes if it does not look
// like text that is broken or in another encoding, which is refused.
bool looks_like_text(std::span<const std::uint8_t> content);

struct LoadedProgram {
  Program program;
  // On a line that begins with the quoted path: that only a part of it is the program.
  // Empty: all of it is.
  std::string note;
};

// The program, or a message of one line that begins with the quoted path and,
// for text, the line: "'x.txt':3: expected a size, found 'foo'". Reads at most
// kMaxFileBytes + 1 bytes.
std::variant<LoadedProgram, std::string> load_program(const std::string& path,
                                                      Form form = Form::automatic);

// What keeps a program from being bytes that a fuzzer begins with: "operation 1, 'map 0p 4801p
// rw', has no byte form for: size". Empty if nothing does.
std::string why_no_bytes(const Program& program);

// Of a text: on a line that begins with the quoted path, why_no_bytes().
struct NoBytes {
  std::string why;
};
// A text's program as the bytes that a fuzzer begins with, if it has such; or a message as of
// load_program().
std::variant<std::vector<std::uint8_t>, NoBytes, std::string> load_as_bytes(
    const std::string& path);

}  // namespace tidemark
