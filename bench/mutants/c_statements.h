// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The functions of a file of C, and what they are made of, down to statements.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "c_tokens.h"

namespace tidemark::mutants {

// Tokens [first, end).
struct Span {
  std::size_t first = 0, end = 0;
  bool empty() const { return first == end; }
};

struct Statement {
  enum class Kind {
    block,
    branch,  // if, with its else
    loop,    // while, do, for, and the macros that stand for one
    choice,  // switch
    jump,    // return, break, continue, goto
    label,   // also case and default; what is labelled is the next statement
    declaration,
    expression,  // also the empty one
  };
  Kind kind = Kind::expression;
  Span tokens;
  Span condition = {};  // of branch and loop; without its parentheses
  std::vector<Statement> inside = {};
};

struct Function {
  std::string name;
  Statement body;  // a block
};

// Is this the name of a type, or a keyword that one begins with?
bool names_type(const Token& token);

// The token behind the parenthesis that closes the one at `open`, a token "(", "[" or
// "{". Throws std::invalid_argument, which says where, if none does.
std::size_t behind_closing(const Tokens& tokens, std::size_t open);

// In the order of the file. Throws std::invalid_argument on what has no statements, as
// when a parenthesis is not closed. Cost: linear, but for nesting.
std::vector<Function> functions_of(const Tokens& tokens);

}  // namespace tidemark::mutants
