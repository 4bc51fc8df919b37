// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// One sign or one number becomes another.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "make_mutants.h"

namespace tidemark::mutants {
namespace {

struct Swap {
  std::string_view from, to;
  Mutation kind;
};
constexpr Swap kSwaps[] = {
    {"<", "<=", Mutation::comparison},      {"<=", "<", Mutation::comparison},
    {">", ">=", Mutation::comparison},      {">=", ">", Mutation::comparison},
    {"==", "!=", Mutation::comparison},     {"!=", "==", Mutation::comparison},
    {"<<", ">>", Mutation::arithmetic},     {">>", "<<", Mutation::arithmetic},
    {"|", "&", Mutation::arithmetic},       {"/", "*", Mutation::arithmetic},
    {"%", "*", Mutation::arithmetic},       {"+=", "-=", Mutation::arithmetic},
    {"-=", "+=", Mutation::arithmetic},     {"|=", "&=", Mutation::arithmetic},
    {"&=", "|=", Mutation::arithmetic},     {"<<=", ">>=", Mutation::arithmetic},
    {">>=", "<<=", Mutation::arithmetic},   {"++", "--", Mutation::arithmetic},
    {"--", "++", Mutation::arithmetic},     {"~", "", Mutation::arithmetic},
    {"true", "false", Mutation::constant},  {"false", "true", Mutation::constant},
    {"min", "max", Mutation::constant},     {"max", "min", Mutation::constant},
    {"min_t", "max_t", Mutation::constant}, {"max_t", "min_t", Mutation::constant},
    {"&&", "||", Mutation::condition},      {"||", "&&", Mutation::condition}};
// With another meaning where only one operand is.
constexpr Swap kBinarySwaps[] = {{"+", "-", Mutation::arithmetic},
                                 {"-", "+", Mutation::arithmetic},
                                 {"*", "/", Mutation::arithmetic},
                                 {"&", "|", Mutation::arithmetic}};

const Swap* find(std::span<const Swap> swaps, std::string_view text) {
  const auto found = std::ranges::find(swaps, text, &Swap::from);
  return found == swaps.end() ? nullptr : &*found;
}

class OperatorMutator {
 public:
  OperatorMutator(const Place& place, std::vector<Mutant>& mutants)
      : source_(place.source), tokens_(place.tokens), mutants_(mutants) {}

  void visit(const Statement& statement) {
    using Kind = Statement::Kind;
    if (statement.kind == Kind::label || is_only_watching(tokens_[statement.tokens.first])) return;
    std::size_t from = statement.tokens.first;
    for (const Statement& inner : statement.inside) {
      expressions({from, inner.tokens.first});
      visit(inner);
      from = inner.tokens.end;
    }
    expressions({from, statement.tokens.end});
  }

 private:
  void expressions(Span span) {
    for (std::size_t i = span.first; i < span.end; ++i) {
      if (const Swap* swap = find(kSwaps, tokens_[i].text)) add(i, swap->kind, swap->to);
      if (const Swap* swap = find(kBinarySwaps, tokens_[i].text); swap && has_left_operand(i))
        add(i, swap->kind, swap->to);
      if (is_constant(i)) neighbours(i);
      if (tokens_[i].is("?")) swap_outcomes(i);
      if (tokens_[i].is("!")) add(i, Mutation::condition, "");
    }
  }

  void add(std::size_t i, Mutation kind, std::string_view text) {
    mutants_.push_back(
        {.kind = kind, .edits = {{tokens_[i].at, tokens_[i].text.size(), std::string(text)}}});
  }

  bool has_left_operand(std::size_t i) const {
    const Token& left = tokens_[i - 1];
    if (left.is(")")) return !is_cast(i - 1);
    if (left.is("]") || left.kind == TokenKind::number) return true;
    const bool tagged = tokens_[i - 2].is("struct");  // "struct name *"
    return left.kind == TokenKind::word && !names_type(left) && !tagged && !left.is("return");
  }

  // "(u64)" and the like, closed at `close`; after sizeof it is an operand.
  bool is_cast(std::size_t close) const {
    std::size_t open = close;
    while (!tokens_[open].is("(")) {
      const Token& token = tokens_[--open];
      const bool tag = token.kind == TokenKind::word && tokens_[open - 1].is("struct");
      if (!token.is("(") && !token.is("*") && !names_type(token) && !tag) return false;
    }
    return open + 1 < close && !tokens_[open - 1].is("sizeof");
  }

  // A number, or one of the tracker's that has a name.
  bool is_constant(std::size_t i) const {
    const Token& token = tokens_[i];
    return token.kind == TokenKind::number ||
           (token.text.starts_with("TIDEMARK_") && !tokens_[i + 1].is("("));
  }

  void neighbours(std::size_t i) {
    const std::string_view text = tokens_[i].text;
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
    const bool decimal = error == std::errc() && end == text.end();
    add(i, Mutation::constant,
        decimal ? fmt::format("{}", number + 1) : fmt::format("({} + 1)", text));
    if (!decimal || number > 0)
      add(i, Mutation::constant,
          decimal ? fmt::format("{}", number - 1) : fmt::format("({} - 1)", text));
  }

  // "c ? a : b" becomes "c ? b : a".
  void swap_outcomes(std::size_t question) {
    const auto colon = next_of({":"}, question + 1);
    const auto end = next_of({",", ";", ":", ")", "]", "}"}, colon + 1);
    const auto text = [&](std::size_t first, std::size_t last) {
      return std::string(
          source_.substr(tokens_[first].at, tokens_[last].end() - tokens_[first].at));
    };
    const std::size_t at = tokens_[question + 1].at;
    mutants_.push_back(
        {.kind = Mutation::condition,
         .edits = {{at, tokens_[end - 1].end() - at,
                    text(colon + 1, end - 1) + " : " + text(question + 1, colon - 1)}}});
  }

  // Outside of parentheses, and of another "?:".
  std::size_t next_of(std::initializer_list<std::string_view> signs, std::size_t from) const {
    std::size_t nested = 0;
    for (std::size_t i = from;;) {
      const Token& token = tokens_[i];
      if (nested == 0 && std::ranges::find(signs, token.text) != signs.end()) return i;
      if (token.is("?")) ++nested;
      if (token.is(":")) --nested;
      const bool opens = token.is("(") || token.is("[") || token.is("{");
      i = opens ? behind_closing(tokens_, i) : i + 1;
    }
  }

  const std::string_view source_;
  const Tokens& tokens_;
  std::vector<Mutant>& mutants_;
};

}  // namespace

void mutate_operators(const Place& place, std::vector<Mutant>& mutants) {
  OperatorMutator(place, mutants).visit(place.function.body);
}

}  // namespace tidemark::mutants
