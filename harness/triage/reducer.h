// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Makes a failing program small, in operations and in numbers, without letting
// it turn into a program that fails for another reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "mismatch.h"
#include "program.h"

namespace tidemark {

// What a program does wrong.
struct Judgement {
  Signature signature;        // none: nothing
  std::size_t operation = 0;  // index at which it shows; the number of operations: at the end
  std::vector<std::uint64_t> pages;  // iovas that it is about, in bytes; may be empty
  bool crashed = false;  // it took the process down, and cannot be looked at from inside
};

// Runs a program. The same program gets the same judgement.
using Judge = std::function<Judgement(const Program&)>;

struct Reduction {
  Program program;
  Signature signature;
  std::size_t operation = 0;        // at which it shows, as of its judgement
  std::size_t runs = 0;             // of the judge, in all
  std::size_t runs_to_minimal = 0;  // until no single operation could go any more
  // Programs that fail with another signature, met on the way; one for each.
  std::vector<std::pair<Signature, Program>> leads;
};

struct ReductionLimits {
  // Of the judge, and when it is no more asked: what is reached by then is returned.
  std::size_t runs = 3000;
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
  bool simplify_values = true;  // numbers, flags and faults too, not only operations
  // Told after each run of the judge: how many operations are left, after how many runs.
  std::function<void(std::size_t operations, std::size_t runs)> watch = {};

  bool are_met(std::size_t so_far) const {
    return so_far >= runs || std::chrono::steady_clock::now() >= until;
  }
};

// `program` fails. The result fails with the same signature, and is 1-minimal
// in its operations unless a limit was met. Expectations are dropped.
// Deterministic, but for a limit of time. Cost: that of the runs.
Reduction reduce(const Program& program, const Judge& judge, const ReductionLimits& limits = {});

// The same operations with numbers in place of references ("the newest
// mapping"), so that removing one does not change what another means.
// Operations in windows keep theirs: where those run is not known.
Program with_absolute_addresses(const Program& program);

}  // namespace tidemark
