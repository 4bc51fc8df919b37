// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Many mutants, some at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "judge.h"

namespace tidemark::mutants {

struct Result {
  Mutant mutant;
  std::string diff = {};
  std::string reason = {};  // why it does what the tracker does, if the list says so
  Verdict verdict = {};
};

// `count` of the mutants, in their order; all, if there are no more. The same ones for the
// same `seed`, and most of them still when some of the mutants are others.
std::vector<Mutant> sample(const std::vector<Mutant>& mutants, std::size_t count,
                           std::uint64_t seed);

struct Judged {
  std::vector<Result> results;  // in the order of their end
  std::string failure = {};     // why one could not be judged, and none after it was
};

// Judges each in a process of its own, `jobs` at a time, and shows it to `done`. Ends
// early, without children, if `interrupted` says so, or if one could not be judged twice in
// a row: once, the machine may be at fault.
Judged run_campaign(std::vector<Result> waiting, unsigned jobs,
                    const std::function<Verdict(const Mutant&)>& judge,
                    const std::function<bool()>& interrupted,
                    const std::function<void(const Result&)>& done);

}  // namespace tidemark::mutants
