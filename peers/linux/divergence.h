// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A difference between Linux and the reference as it is met, and what it is about.
#pragma once

#include <string>
#include <string_view>

#include "lockstep.h"

namespace tidemark {

struct Divergence {
  const Program& program;
  std::size_t index;  // of the operation; their number: after the last
  const Signature& signature;
  const Mismatch* mismatch;  // null if Linux stopped or died
  bool at_the_top;           // there is or was a mapping that ends at 2^64 (B4)

  // Of an operation of the program's, and of whole states.
  bool is(Verb verb, Kind kind) const {
    return signature.kind == kind && signature.verb == verb && signature.moment == Moment::call;
  }
  bool is(Kind kind) const { return signature.kind == kind && !signature.verb; }
  // Of this kind is the operation that it is about, be it in a window or not.
  bool is_about(Verb verb) const { return signature.verb == verb; }
  bool in_window() const { return signature.moment == Moment::window; }
  // Linux says so of itself, in this function.
  bool says(Kind kind, std::string_view function) const {
    return signature.kind == kind && signature.function == function;
  }
  // Somewhere in the program so far.
  bool any_operation(bool (*holds)(const Operation&)) const;
};

}  // namespace tidemark
