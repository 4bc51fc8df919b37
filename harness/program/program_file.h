// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs from files, text or bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "program.h"

namespace tidemark {

// Longer files are refused. Bytes past kMaxProgramBytes are ignored, as by the
// fuzz targets, so that any input of theirs can be replayed.
inline constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;

enum class Form { automatic, text, bytes };

// The rule of Form::automatic: text is valid UTF-8 without control characters
// other than tab, line feed and carriage return. Bytes that happen to look so
// (as good as none from a fuzzer do: the codes of encode() are full of zeros)
// must be loaded as Form::bytes.
bool looks_like_text(std::span<const std::uint8_t> content);

// The program, or a message of one line that begins with the quoted path and,
// for text, the line: "'x.txt':3: expected a size, found 'foo'". Reads at most
// kMaxFileBytes + 1 bytes.
std::variant<Program, std::string> load_program(const std::string& path,
                                                Form form = Form::automatic);

}  // namespace tidemark
