// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// One small change to one file of the tracker.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::mutants {

enum class Mutation { comparison, arithmetic, constant, condition, statement, lock };
inline constexpr Mutation kMutations[] = {Mutation::comparison, Mutation::arithmetic,
                                          Mutation::constant,   Mutation::condition,
                                          Mutation::statement,  Mutation::lock};
// "comparison"
std::string_view name(Mutation mutation);

// Bytes [at, at + length) of a file become `text`.
struct Edit {
  std::size_t at, length;
  std::string text;
};

struct Mutant {
  std::string file = {};  // in impl/, without a folder
  std::string function = {};
  Mutation kind = Mutation::comparison;
  std::vector<Edit> edits = {};  // ascending and disjoint

  // What follows from those, by describe().
  std::size_t line = 0;  // the first that changes, from 1
  // The lines that go and those that come, each without what it is indented by.
  std::vector<std::string> removed = {}, added = {};
  // From 1, among those of the function that read alike.
  unsigned number = 1;
  // Eight hexadecimal digits; the same for as long as nothing above but `line` changes.
  std::string id = {};
};

// The file as it is with the change.
std::string changed(std::string_view source, const Mutant& mutant);

// Lines of `source`, from 1, that the change touches, ascending.
std::vector<std::size_t> lines_of(std::string_view source, const Mutant& mutant);

// Fills in what follows from the edits; `mutants` are all of the file, in its order.
void describe(std::vector<Mutant>& mutants, std::string_view source);

// The change with three lines around it, from a/impl/FILE to b/impl/FILE: patch -p1
// applies it.
std::string unified_diff(std::string_view source, const Mutant& mutant);

}  // namespace tidemark::mutants
