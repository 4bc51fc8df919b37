// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From a program that diverges to the bug behind it: a small program that shows
// it, and a name for it.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lockstep.h"
#include "reducer.h"

namespace tidemark {

// The name has up to three parts, none of which holds an address or an index:
//   lockstep.after-query.missing-dirty   oracle, operation and kind
//   .word-edge                           where in the bitmap (Mismatch::where)
//   .pin                                 what the small program has beside what any has
// Marks that an operation leaves wrong are named for that operation ("after-query"),
// though a query shows them. Results that are wrong have no third part. Different bugs get
// different names, one bug as few as can be: the program is first brought into the
// plainest form in which it still fails alike (normal_form.h).
struct Diagnosis {
  std::string name;
  Program program;    // reduced; without expectations
  Mismatch mismatch;  // of the reduced program
  // When the states became different, if that was before, and the name's last part
  // (finding_name.h).
  std::optional<Mismatch> cause = {};
  std::string part = {};
  std::size_t runs = 0;
  // Programs that diverged otherwise while this one was reduced, by how they did.
  std::vector<std::pair<Signature, Program>> leads;
};

// The runs that a diagnosis makes, numbered from 1, for who sees from another process that it does
// not come back from one. A diagnosis that is made again goes around those that ended its
// process, as if the programs agreed, and makes the others before and between them alike.
struct NumberedRuns {
  std::size_t* now;              // the one that it makes; not null
  std::set<std::size_t> deadly;  // those to go around
};

// Nothing if the program agrees. Deterministic. Cost: some hundred runs.
std::optional<Diagnosis> diagnose(Lockstep& lockstep, const Program& program,
                                  const NumberedRuns* numbers = nullptr);

// What the lockstep makes of a program, for reduce(). `at` as of Lockstep::run().
Judgement judge(Lockstep& lockstep, const Program& program, StepAt* at = nullptr);

}  // namespace tidemark
