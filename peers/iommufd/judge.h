// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What comes of a program on a tree, and what it is called: the same for people and for fuzzers.
#pragma once

#include "known_defects.h"

namespace tidemark::iommufd {

enum class Outcome : std::uint8_t { agrees, known, diverges };
std::string_view word(Outcome outcome);

class Judge {
 public:
  // Asks the tree what it has. It must outlive the judge.
  explicit Judge(const KernelTree& tree);

  struct Judgement {
    Outcome outcome = Outcome::agrees;
    Quirks known;                          // those that made a difference
    std::optional<Difference> difference;  // from what is known
  };
  // The program's format must be one of the tree's.
  Judgement judge(const Program& program, const Lockstep::Show& show = nullptr) const;
  // The same, but for what is left in the end.
  Judgement judge_in_a_hurry(const Program& program) const;
  // The first difference from the contract alone; none if it agrees.
  std::optional<Difference> against_contract(const Program& program) const;

  // As small as it can be and still diverge so.
  Program reduce(const Program& program, const Difference& difference) const;
  // As small as it can be and still be known for that, if it can be with nothing else.
  Program reduce(const Program& program, Quirk quirk) const;

  const KernelTree& tree() const { return tree_; }
  Quirks quirks(std::size_t format) const { return quirks_[format]; }

 private:
  const KernelTree& tree_;
  Quirks quirks_[std::size(kFormats)];
};

// For people: the program, the step, expected and actual, the rule that is broken.
std::string report(const Program& program, const Difference& difference, std::string_view rule);

}  // namespace tidemark::iommufd
