// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The parts of the harness that can say that something is wrong. To see what
// each is worth, each can be left out.
#pragma once

#include <array>
#include <string_view>

#include "program.h"

namespace tidemark {

enum class Oracle {
  result,     // return codes
  bytes,      // of the argument and of the bitmap
  callbacks,  // which devices are asked for which ranges, and what they do then
  state,      // sizes after each operation, whole states at intervals
  migration,  // the memory that a migration would have copied
  leak,       // what is left after release
  sanitizer,  // memory errors and undefined behaviour
  hang,       // no end
};
inline constexpr std::array<std::string_view, 8> kOracleNames = {
    "result", "bytes", "callbacks", "state", "migration", "leak", "sanitizer", "hang"};

// A fuzz target says with what signature it saw what it has then named: the line
// begins with this.
inline constexpr const char* kSeenAs = "seen as ";

// Of a signature, as Mismatch and signature_of() have them. A name that diagnose()
// gave says what is wrong, not who saw it.
Oracle oracle_of(std::string_view signature);
std::string_view name(Oracle oracle);

// What an experiment leaves out, by name: oracles, operations ("pin"), and
// "windows", "faults", "bends", "hardware".
class LeftOut {
 public:
  // Names with commas between them; nothing and a null pointer leave out nothing.
  explicit LeftOut(const char* names);

  bool has(std::string_view name) const;
  bool empty() const { return names_.empty(); }

 private:
  std::string_view names_;
};
inline constexpr const char* kLeftOutVariable = "TIDEMARK_LEAVE_OUT";

// The program without operations of these kinds, and those that stay without
// faults, bends, or hardware. Expectations go by place, and go.
Program without(const LeftOut& left_out, const Program& program);

}  // namespace tidemark
