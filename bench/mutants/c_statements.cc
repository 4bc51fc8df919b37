// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "c_statements.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tidemark::mutants {
namespace {

// Names that the tracker's declarations begin with.
constexpr std::string_view kTypes[] = {
    "bool",   "char",   "const",  "enum",  "int",      "long",  "short",    "signed",
    "size_t", "static", "struct", "union", "unsigned", "void",  "u8",       "u16",
    "u32",    "u64",    "s32",    "s64",   "__u32",    "__u64", "uintptr_t"};
constexpr std::string_view kJumps[] = {"return", "break", "continue", "goto"};

bool is_jump(const Token& token) {
  return std::ranges::find(kJumps, token.text) != std::end(kJumps);
}

class Parser {
 public:
  explicit Parser(const Tokens& tokens) : tokens_(tokens) {}

  // One that begins at `first`.
  Statement statement(std::size_t first) {
    const Token& token = at(first);
    if (token.is("{")) return block(first);
    if (token.is("if")) return branch(first);
    if (token.is("do")) return do_loop(first);
    if (token.is("while") || token.is("for") || is_loop_macro(first)) return loop(first);
    if (token.is("switch")) return choice(first);
    if (token.is("case") || token.is("default") || is_label(first)) return label(first);
    return simple(first);
  }

 private:
  using Kind = Statement::Kind;

  const Token& at(std::size_t i) const {
    if (i >= tokens_.size()) throw std::invalid_argument("it ends within a function");
    return tokens_[i];
  }

  // "macro(...) statement": an expression goes on with a sign, or ends.
  bool is_loop_macro(std::size_t first) const {
    const Token& name = at(first);
    if (name.kind != TokenKind::word || is_jump(name) || !at(first + 1).is("(")) return false;
    const Token& next = at(behind_closing(tokens_, first + 1));
    return next.is("{") || next.kind == TokenKind::word;
  }

  bool is_label(std::size_t first) const {
    return at(first).kind == TokenKind::word && at(first + 1).is(":");
  }

  Statement block(std::size_t first) {
    Statement whole{Kind::block, {first, behind_closing(tokens_, first)}};
    for (std::size_t i = first + 1; i + 1 < whole.tokens.end; i = whole.inside.back().tokens.end)
      whole.inside.push_back(statement(i));
    return whole;
  }

  // Of "word (...)", what is in the parentheses.
  Span parenthesised(std::size_t open) const {
    if (!at(open).is("("))
      throw std::invalid_argument(fmt::format("byte {}: no parenthesis", at(open).at));
    return {open + 1, behind_closing(tokens_, open) - 1};
  }

  Statement branch(std::size_t first) {
    Statement whole{Kind::branch, {first, 0}, parenthesised(first + 1)};
    whole.inside.push_back(statement(whole.condition.end + 1));
    whole.tokens.end = whole.inside.back().tokens.end;
    if (whole.tokens.end < tokens_.size() && at(whole.tokens.end).is("else")) {
      whole.inside.push_back(statement(whole.tokens.end + 1));
      whole.tokens.end = whole.inside.back().tokens.end;
    }
    return whole;
  }

  Statement loop(std::size_t first) {
    Statement whole{Kind::loop, {first, 0}};
    const Span head = parenthesised(first + 1);
    if (at(first).is("while")) whole.condition = head;
    if (at(first).is("for")) {
      const std::size_t middle = find_in(head, ";") + 1;
      whole.condition = {middle, find_in({middle, head.end}, ";")};
    }
    whole.inside.push_back(statement(head.end + 1));
    whole.tokens.end = whole.inside.back().tokens.end;
    return whole;
  }

  Statement do_loop(std::size_t first) {
    Statement whole{Kind::loop, {first, 0}};
    whole.inside.push_back(statement(first + 1));
    whole.condition = parenthesised(whole.inside.back().tokens.end + 1);
    whole.tokens.end = whole.condition.end + 2;  // behind ");"
    return whole;
  }

  Statement choice(std::size_t first) {
    Statement whole{Kind::choice, {first, 0}};
    whole.inside.push_back(statement(parenthesised(first + 1).end + 1));
    whole.tokens.end = whole.inside.back().tokens.end;
    return whole;
  }

  Statement label(std::size_t first) const {
    return {Kind::label, {first, find_in({first, tokens_.size()}, ":") + 1}};
  }

  Statement simple(std::size_t first) const {
    Kind kind = Kind::expression;
    const Token& token = at(first);
    if (is_jump(token))
      kind = Kind::jump;
    else if (names_type(token) || (token.kind == TokenKind::word &&
                                   at(first + 1).kind == TokenKind::word && !token.is("sizeof")))
      kind = Kind::declaration;
    return {kind, {first, find_in({first, tokens_.size()}, ";") + 1}};
  }

  // The first `what` outside of parentheses.
  std::size_t find_in(Span span, std::string_view what) const {
    for (std::size_t i = span.first; i < span.end;) {
      if (at(i).is(what)) return i;
      const bool opens = at(i).is("(") || at(i).is("[") || at(i).is("{");
      i = opens ? behind_closing(tokens_, i) : i + 1;
    }
    throw std::invalid_argument(fmt::format("byte {}: no {}", at(span.first).at, what));
  }

  const Tokens& tokens_;
};

}  // namespace

bool names_type(const Token& token) {
  return std::ranges::find(kTypes, token.text) != std::end(kTypes);
}

std::size_t behind_closing(const Tokens& tokens, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.is("(") || token.is("[") || token.is("{")) ++depth;
    if ((token.is(")") || token.is("]") || token.is("}")) && --depth == 0) return i + 1;
  }
  throw std::invalid_argument(
      fmt::format("byte {}: '{}' is not closed", tokens[open].at, tokens[open].text));
}

std::vector<Function> functions_of(const Tokens& tokens) {
  std::vector<Function> functions;
  std::string name;  // of the last "name(...)"
  for (std::size_t i = 0; i < tokens.size();) {
    const bool body = tokens[i].is("{") && i > 0 && tokens[i - 1].is(")");
    if (body) functions.push_back({name, Parser(tokens).statement(i)});
    if (tokens[i].is("(") && i > 0) name = tokens[i - 1].text;
    const bool opens = tokens[i].is("{") || tokens[i].is("(") || tokens[i].is("[");
    i = opens ? behind_closing(tokens, i) : i + 1;
  }
  return functions;
}

}  // namespace tidemark::mutants
