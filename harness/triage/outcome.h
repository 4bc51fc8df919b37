// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What came of a program, in one word: a verdict, which all commands give alike.
#pragma once

#include <cstdint>
#include <string_view>

#include "signature.h"

namespace tidemark {

enum class Outcome : std::uint8_t {
  agrees,    // nothing differs
  known,     // something does, all of which the subject is known to differ in
  diverges,  // something else differs from the reference, or from what the program expects
  crashes,   // the process ended
  hangs,     // it did not
};

// "agrees", "known", ...
std::string_view word(Outcome outcome);

// Of what a program showed; an empty signature if nothing.
Outcome outcome_of(const Signature& signature, bool is_known);

// Is it something to be looked at? Then a command ends with 1.
constexpr bool is_finding(Outcome outcome) { return outcome >= Outcome::diverges; }

}  // namespace tidemark
