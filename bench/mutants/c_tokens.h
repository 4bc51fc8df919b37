// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A file of C as its compiler reads it, but for what the preprocessor does.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tidemark::mutants {

enum class TokenKind { word, number, text, punctuation };  // text: strings and characters

struct Token {
  TokenKind kind;
  std::size_t at;  // byte in the file
  std::string_view text;

  std::size_t end() const { return at + text.size(); }
  bool is(std::string_view what) const { return text == what; }
};
using Tokens = std::vector<Token>;

// All tokens of `source`, which has to outlive them. Comments and whole directives, with
// their continued lines, are none. Any bytes may be given; what is no C becomes
// punctuation of one byte. Cost: linear.
Tokens c_tokens(std::string_view source);

}  // namespace tidemark::mutants
