// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A statement goes, or a condition turns round.
#include "make_mutants.h"

namespace tidemark::mutants {
namespace {

class StatementMutator {
 public:
  StatementMutator(const Place& place, std::vector<Mutant>& mutants)
      : tokens_(place.tokens), mutants_(mutants) {}

  // `guarded`: by an if or a switch, so that the function goes on without it.
  void visit(const Statement& statement, bool guarded) {
    using Kind = Statement::Kind;
    if (!statement.condition.empty()) negate(statement.condition);
    guarded |= statement.kind == Kind::branch;
    for (const Statement& inner : statement.inside) {
      // Alone behind if, else or a loop, which then have to get another.
      const bool alone = statement.kind == Kind::branch || statement.kind == Kind::loop;
      if (can_go(inner, guarded)) drop(inner, alone);
      visit(inner, guarded);
    }
  }

 private:
  bool can_go(const Statement& statement, bool guarded) const {
    using Kind = Statement::Kind;
    const Token& first = tokens_[statement.tokens.first];
    if (statement.kind == Kind::jump) return guarded || !first.is("return");
    // Locks are a kind of their own.
    return statement.kind == Kind::expression && !first.is(";") && !first.is("mutex_lock") &&
           !first.is("mutex_unlock") && !is_only_watching(first);
  }

  void drop(const Statement& statement, bool alone) {
    const std::size_t at = tokens_[statement.tokens.first].at;
    const std::size_t end = tokens_[statement.tokens.end - 1].end();
    mutants_.push_back({.kind = Mutation::statement, .edits = {{at, end - at, alone ? ";" : ""}}});
  }

  void negate(Span condition) {
    const std::size_t at = tokens_[condition.first].at;
    const std::size_t end = tokens_[condition.end - 1].end();
    // What begins with a sign of its own without it, which is a mutant already.
    if (tokens_[condition.first].is("!") && is_one_operand(condition)) return;
    mutants_.push_back({.kind = Mutation::condition, .edits = {{at, 0, "!("}, {end, 0, ")"}}});
  }

  // "!" of the whole: no other operator outside of parentheses.
  bool is_one_operand(Span span) const {
    for (std::size_t i = span.first + 1; i < span.end;) {
      const Token& token = tokens_[i];
      const bool opens = token.is("(") || token.is("[");
      const bool part = token.kind == TokenKind::word || token.is("->") || token.is(".");
      if (!opens && !part) return false;
      i = opens ? behind_closing(tokens_, i) : i + 1;
    }
    return true;
  }

  const Tokens& tokens_;
  std::vector<Mutant>& mutants_;
};

}  // namespace

void mutate_statements(const Place& place, std::vector<Mutant>& mutants) {
  StatementMutator(place, mutants).visit(place.function.body, false);
}

}  // namespace tidemark::mutants
