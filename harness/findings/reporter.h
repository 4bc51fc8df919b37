// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a fuzzing process does about a program that fails: it finds out whether that is
// worth a name, names it, and if the name is new hands it over to whoever watches.
#pragma once

#include <cstdint>
#include <span>

#include "dedup.h"
#include "drop.h"
#include "registry.h"

namespace tidemark {

// Of a process that ends on what it finds, the line that says how that showed before it was
// named begins with this.
inline constexpr const char* kSeenAs = "seen as ";

class Reporter {
 public:
  // `lockstep` is one with `tested`. Both have to stay.
  Reporter(const UnderTest& tested, Lockstep& lockstep) : tested_(tested), lockstep_(lockstep) {}

  // Of each program that has run.
  void program_ran() { lookalikes_.program_ran(); }
  // `program`, which `input` stands for, ended in `mismatch`. Where the environment names a
  // folder for drops, what is new is dropped there, and a line on standard error says
  // so; where it does not, it ends the process, with its name as that of a failed check.
  // A drop that cannot be written ends the process as well.
  void failed(const Program& program, const Mismatch& mismatch,
              std::span<const std::uint8_t> input);

 private:
  std::optional<Diagnosed> look_into(const Program& program, const Mismatch& mismatch,
                                     std::span<const std::uint8_t> input);

  const UnderTest& tested_;
  Lockstep& lockstep_;
  Lookalikes lookalikes_;
};

}  // namespace tidemark
