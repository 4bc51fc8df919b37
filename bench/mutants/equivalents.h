// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The list of mutants that do what the tracker does, each with the reason.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mutant.h"

namespace tidemark::mutants {

// Names one mutant by what it changes, and not by where, so that it outlives edits around it.
struct Equivalent {
  std::string file, function;
  unsigned number = 1;  // among the mutants of the function that read alike
  std::vector<std::string> removed, added;
  std::string reason;
  std::size_t line = 0;  // of the list
};

// Reads the list: entries with empty lines between them, each
//
//   FILE FUNCTION [NUMBER]
//   -LINE            as in the mutant's diff, any indentation; then the lines that come
//   +LINE
//   why it does the same, in one or more lines
//
// Lines that begin with # are comments. Throws std::invalid_argument, which names the
// line, for what has another form, has no reason, or is there twice.
std::vector<Equivalent> read_equivalents(std::string_view text);

// An entry without its reason, for who wants to add one.
std::string entry_of(const Mutant& mutant);

// The reasons, by the id of the mutant. Throws std::invalid_argument for an entry that
// names none of `mutants`, which are all that there are.
std::map<std::string, std::string> match(const std::vector<Equivalent>& list,
                                         const std::vector<Mutant>& mutants);

}  // namespace tidemark::mutants
