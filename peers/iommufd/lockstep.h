// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A program on a kernel tree's iommufd and on the reference, compared after each operation.
#pragma once

#include <functional>
#include <optional>

#include "kernel_tree.h"
#include "model.h"

namespace tidemark::iommufd {

// What is not equal, or breaks a rule by itself.
enum class Kind : std::uint8_t {
  result,    // of a call
  access,    // the device could write where it should not, or could not
  missing,   // a bit that is expected is not stored
  extra,     // one is stored that is not expected
  beyond,    // so, outside of the bitmap
  unmarked,  // an entry has no mark, and should
  marked,    // it has one, and should not
  entries,   // the table's entries are not what was mapped
  lost,      // a page that was written was not reported by a query that covers it (N1)
  warning,   // the kernel has complained
  bug,
  hang,  // a call did not return
  leak,
};

struct Difference {
  Kind kind = Kind::result;
  std::size_t step = 0;  // of the program; behind its end: in the queries after it
  Operation operation;   // that one, or the query after the end
  std::string expected, actual;
  // What tells findings apart: kind and verb, with errnos; "query.lost".
  std::string signature() const;
};

struct Verdict {
  std::optional<Difference> difference;
  Quirks acted;  // up to there
};

// The number of the rule in docs/iommufd-contract.md.
std::string_view rule_of(const Difference& difference);

class Lockstep {
 public:
  // Both must outlive it. A program's format must be one that the tree has.
  Lockstep(const KernelTree& tree, Quirks quirks) : tree_(tree), quirks_(quirks) {}

  // After the program come queries of each mapping. Each operation is shown with what came of
  // it: "0", "-EINVAL", "left out".
  using Show = std::function<void(const Operation& operation, const std::string& result)>;
  Verdict run(const Program& program, const Show& show = nullptr) const;
  // Without looking whether something is left, which takes a third of the time.
  Verdict run_in_a_hurry(const Program& program) const;

  const KernelTree& tree() const { return tree_; }
  Quirks quirks() const { return quirks_; }

 private:
  enum class Pace : std::uint8_t { thorough, hurried };
  Verdict run(const Program& program, const Show& show, Pace pace) const;

  const KernelTree& tree_;
  Quirks quirks_;
};

}  // namespace tidemark::iommufd
