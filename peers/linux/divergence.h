// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A difference between Linux and the reference as it is met, and what it is about.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lockstep.h"
#include "taint.h"

namespace tidemark {

struct Divergence {
  const Program& program;
  std::size_t index;  // of the operation; their number: after the last
  const Signature& signature;
  const Mismatch* mismatch;  // null if Linux warned, stopped or died
  Lockstep* lockstep;        // null if the process died
  const Taint* taint;        // likewise

  // An empty one after the last.
  const Operation& operation() const;
  // Of an operation of the program's, and of whole states.
  bool is(Verb verb, Kind kind) const;
  bool is(Kind kind) const { return signature.kind == kind && !signature.verb; }
  // Of this kind is the operation that it is about, be it in a window or not.
  bool is_about(Verb verb) const { return signature.verb == verb; }
  // Linux says so of itself, in this function.
  bool says(Kind kind, std::string_view function) const {
    return signature.kind == kind && signature.function == function;
  }
};

// Marks: reported, kept, or missed by the migration.
bool about_marks(const Divergence& d);
bool is_missing(const Divergence& d);
// Seen in the states, be it at once, for a pin that ran out of memory: pages of 4 KiB.
bool is_of_the_state(const Divergence& d);
bool has_large_marks(const Divergence& d);
// Those to be explained: that marks are rounded to large pages is known.
std::vector<std::uint64_t> pages_of(const Divergence& d);

bool in_window(const Divergence& d);
// Of the operations in a window that have an argument, the last one, if any: its argument
// and bitmap are in the places of all the others'.
const Step* last_with_argument(const Divergence& d);
// What queries in a window stored is only known to differ. Their arguments are as they
// should be, if they can still be seen.
bool output_in_window(const Divergence& d);

// Somewhere in the program, since the outcome does not say what a window's operation was.
bool any_operation(const Divergence& d, bool (*holds)(const Operation&));
// A call `returned()` this, be it the operation itself or one like it in a window.
bool is_of(const Divergence& d, const Signature& returned, bool (*holds)(const Operation&));

}  // namespace tidemark
