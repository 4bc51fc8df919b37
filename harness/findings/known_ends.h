// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs that would end the fuzzing process, as a finding of this run already does. To start the
// next process takes as long as a thousand programs, so such a program runs in a child first.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "program.h"

namespace tidemark {

// Names the file with the reduced programs of what ended a process, in the environment of a
// fuzzing process. Text, each with its container (text_of_all()).
inline constexpr const char* kDeadlyVariable = "TIDEMARK_DEADLY";

// A guess by what a program is made of, and how often that was right: a program is like a finding's
// if the container is of its type, and all of its operations are there, in that order, with
// whatever arguments. Nothing is hidden for good: one such program in kRunAnyway runs in the
// process itself, in case that it ends otherwise than the finding.
class KnownEnds {
 public:
  // Of 16 that ended all 16, of which one in so many is tried still.
  static constexpr std::uint64_t kSure = 16, kTriedOfSure = 16;
  // Of what is like a finding: more tries than this for each that ended cost more than they save.
  static constexpr std::uint64_t kMostTries = 200;
  static constexpr std::uint64_t kRunAnyway = 256;

  explicit KnownEnds(std::span<const Program> reduced);

  // Is `program` left out? `ends` runs it in a child, and says whether that came to an end of its
  // own; it is not always called. Cost: the operations of `program` times the findings, but for
  // what `ends` takes.
  bool leaves_out(const Program& program, const std::function<bool()>& ends);

 private:
  struct End {
    Program reduced;
    std::uint64_t like = 0, tried = 0, ended = 0;
  };
  std::vector<End> ends_;
};

// Of the environment's file; none where there is no such file.
KnownEnds known_ends_by_environment();

// In a child of a process that an engine drives: does `run` end it, or take longer than
// `milliseconds`? What the child prints is lost, and no handler of the engine's runs in it.
// No, if there can be no child.
bool ends_a_child(const std::function<void()>& run, unsigned milliseconds);

}  // namespace tidemark
