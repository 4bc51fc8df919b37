// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "outcome.h"

#include <array>

namespace tidemark {

std::string_view word(Outcome outcome) {
  static constexpr std::array<std::string_view, 5> kWords = {"agrees", "known", "diverges",
                                                             "crashes", "hangs"};
  return kWords[static_cast<std::size_t>(outcome)];
}

Outcome outcome_of(const Signature& signature, bool is_known) {
  if (!signature) return Outcome::agrees;
  if (is_known) return Outcome::known;
  switch (signature.kind) {
    case Kind::hang:
    case Kind::deadlock:
      return Outcome::hangs;
    case Kind::died:
    case Kind::out_of_memory:
    case Kind::address:
    case Kind::undefined:
    case Kind::bug:
    case Kind::named:  // a check that failed
      return Outcome::crashes;
    default:
      return Outcome::diverges;
  }
}

}  // namespace tidemark
