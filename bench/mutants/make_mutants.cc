// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "make_mutants.h"

#include <map>
#include <stdexcept>
#include <utility>

namespace tidemark::mutants {

bool is_only_watching(const Token& token) {
  return token.is("lockdep_assert_held") || token.is("pr_warn_ratelimited");
}

std::vector<Mutant> make_mutants(const std::string& file, std::string_view source) {
  std::vector<Mutant> mutants;
  try {
    const Tokens tokens = c_tokens(source);
    for (const Function& function : functions_of(tokens)) {
      std::vector<Mutant> found;
      const Place place{source, tokens, function};
      mutate_operators(place, found);
      mutate_statements(place, found);
      mutate_locks(place, found);
      std::multimap<std::size_t, Mutant> in_order;
      for (Mutant& mutant : found) in_order.emplace(mutant.edits.front().at, std::move(mutant));
      for (auto& [at, mutant] : in_order) {
        mutant.file = file;
        mutant.function = function.name;
        mutants.push_back(std::move(mutant));
      }
    }
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument("impl/" + file + ": " + error.what());
  }
  describe(mutants, source);
  return mutants;
}

}  // namespace tidemark::mutants
