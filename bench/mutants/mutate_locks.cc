// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A lock is not taken, or taken too late, or let go too early.
#include "make_mutants.h"

namespace tidemark::mutants {
namespace {

class LockMutator {
 public:
  LockMutator(const Place& place, std::vector<Mutant>& mutants)
      : source_(place.source), tokens_(place.tokens), mutants_(mutants) {}

  void visit(const Statement& block) {
    for (std::size_t i = 0; i < block.inside.size(); ++i) {
      const Statement& statement = block.inside[i];
      visit(statement);
      const bool takes = calls(statement, "mutex_lock");
      if (!takes && !calls(statement, "mutex_unlock")) continue;
      locks_.push_back(&statement);
      if (takes && i + 1 < block.inside.size()) swap(statement, block.inside[i + 1]);
      if (!takes && i > 0) swap(block.inside[i - 1], statement);
    }
  }

  // In the order of the function: taken and let go, or the other way round.
  void drop_pairs() {
    for (std::size_t i = 0; i + 1 < locks_.size(); i += 2)
      mutants_.push_back(
          {.kind = Mutation::lock, .edits = {without(*locks_[i]), without(*locks_[i + 1])}});
  }

 private:
  bool calls(const Statement& statement, std::string_view function) const {
    return statement.kind == Statement::Kind::expression &&
           tokens_[statement.tokens.first].is(function);
  }

  std::size_t begin(const Statement& statement) const { return tokens_[statement.tokens.first].at; }
  std::size_t length(const Statement& statement) const {
    return tokens_[statement.tokens.end - 1].end() - begin(statement);
  }
  std::string text(const Statement& statement) const {
    return std::string(source_.substr(begin(statement), length(statement)));
  }
  Edit without(const Statement& statement) const {
    return {begin(statement), length(statement), ""};
  }

  // Two that follow each other. Not with a label, which others jump to, nor with what is
  // all there is between taking and letting go.
  void swap(const Statement& first, const Statement& second) {
    using Kind = Statement::Kind;
    for (const Statement* one : {&first, &second})
      if (one->kind == Kind::label || one->kind == Kind::declaration || one->kind == Kind::jump)
        return;
    const bool takes = calls(first, "mutex_lock");
    const Statement& lock = takes ? first : second;
    const std::string lines = text(lock) + "\n\t";
    if (takes)
      mutants_.push_back(
          {.kind = Mutation::lock,
           .edits = {without(first), {begin(second) + length(second), 0, "\n\t" + text(lock)}}});
    else
      mutants_.push_back(
          {.kind = Mutation::lock, .edits = {{begin(first), 0, lines}, without(second)}});
  }

  const std::string_view source_;
  const Tokens& tokens_;
  std::vector<Mutant>& mutants_;
  std::vector<const Statement*> locks_;
};

}  // namespace

void mutate_locks(const Place& place, std::vector<Mutant>& mutants) {
  LockMutator maker(place, mutants);
  maker.visit(place.function.body);
  maker.drop_pairs();
}

}  // namespace tidemark::mutants
