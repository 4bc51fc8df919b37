// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What can be changed in a file of the tracker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "c_statements.h"
#include "mutant.h"

namespace tidemark::mutants {

// All mutants of the functions in `source`, which is `file`, in the order of the file,
// described. They need not compile. Checks and logging are left as they are: without
// them the tracker does the same. Throws std::invalid_argument for what is no C.
std::vector<Mutant> make_mutants(const std::string& file, std::string_view source);

// A function, and the file that it is in.
struct Place {
  std::string_view source;
  const Tokens& tokens;
  const Function& function;
};

// The parts of that, for one function. Each adds what it finds, with no more than `kind`
// and `edits`.
void mutate_operators(const Place& place, std::vector<Mutant>& mutants);
void mutate_statements(const Place& place, std::vector<Mutant>& mutants);
void mutate_locks(const Place& place, std::vector<Mutant>& mutants);

// A check or a log line, which begins at `token`.
bool is_only_watching(const Token& token);

}  // namespace tidemark::mutants
