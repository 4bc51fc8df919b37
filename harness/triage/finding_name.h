// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What names are made of. None of it holds an address, an index or a count.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lockstep.h"
#include "mismatch.h"
#include "program.h"

namespace tidemark {

// What programs that show one bug have in common, as "lockstep.after-write.missing-marks",
// "lockstep.pin.not-EPERM": a mismatch's signature without what is chance. That is
// whether an operation ran in a window, what it returned in place of the errno that
// it should have, and which error that is, which count was the first that is wrong, and whether a
// bit too much is in a word of its own. States that differ are for the operation after which they
// did. `program` is the one that the mismatch is of.
Signature without_chance(const Mismatch& mismatch, const Program& program);

// The name of what a reduced program shows: its signature and, but for results that are
// wrong and bits beyond the range, a word for what it has that not every program needs before it
// can do anything: an unusual world ("hardware", "v1", "rule_any", "entries", "memlock", "room"),
// a bent argument or a fault, an operation but for the last, which fails ("pin"; "window_stop"),
// or several mappings. Of several words, which differ from program to program, one. Where the
// program has such a word, which of the operations that mark (or unpin) pages showed it is chance.
std::string name_of(const Signature& signature, const Program& program);

// That word alone; empty if the name has none.
std::string part_of_name(const Signature& signature, const Program& program);

// The same of one that shows only after others in the same process.
std::string name_after_others(const Signature& signature, const Program& program);

// Of a name of either, without that of a subject: Kind::hang or Kind::out_of_memory, which of the
// two comes first depends on the limits; Kind::none if it says neither.
Kind limit_met_in(std::string_view name);

// Does a query show it, which is how marks that are wrong come out?
bool is_shown_by_query(const Signature& signature);

// What a program's mismatch is called, and what brought it about.
struct Naming {
  std::string name;
  // That the states were different earlier: the first time that they were.
  std::optional<Mismatch> cause = {};
  // The last part of the name, if it is one for what the program has.
  std::string part = {};
};

// `mismatch` is what the lockstep said of `program`; if that is known, its signature is the name.
// `program` ran last. Cost: a run that looks at the states after each operation, if it
// `watches_states` and they can be looked at soon.
Naming naming_of(Lockstep& lockstep, const Program& program, const Mismatch& mismatch,
                 bool watches_states = true);

// For a report: "cause     step 3: pin d0 0p 1p rw (missing-marks)"; empty if there is none.
std::string cause_line(const std::optional<Mismatch>& cause, const Program& program);

}  // namespace tidemark
