// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From a program that diverges to the bug behind it: a small program that shows
// it, and a name for it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lockstep.h"
#include "reduce.h"

namespace tidemark {

// The name has up to four parts, none of which holds an address or an index:
//   lockstep.query.missing-dirty   oracle, operation and kind
//   .first                         where in the bitmap: first, last, word-edge, tail, inside
//   .pin-query                     what the small program does beside setting up
// Different bugs get different names, one bug as few as can be.
struct Diagnosis {
  std::string signature;
  Program program;    // reduced; without expectations
  Mismatch mismatch;  // of the reduced program
  std::size_t runs = 0;
  // Programs that diverged otherwise while this one was reduced, by the first
  // part of their name.
  std::vector<std::pair<std::string, Program>> leads;
};

// Nothing if the program agrees. Deterministic. Cost: some hundred runs.
std::optional<Diagnosis> diagnose(Lockstep& lockstep, const Program& program);

// What the lockstep makes of a program, for reduce().
Judgement judge(Lockstep& lockstep, const Program& program);

// "pin-query": the operations of a reduced program but for the one that fails,
// without what every program needs before it can do anything.
std::string doings(const Program& program);

}  // namespace tidemark
