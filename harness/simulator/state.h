// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The state of a tracker: mappings, pins, marks and totals, in a form in which that
// of any two can be compared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "program.h"

namespace tidemark {

// How much there is of everything; compared after each operation.
struct Sizes {
  std::uint64_t page_sizes = 0;  // bit n: 2^n bytes
  std::uint64_t pinned_pages = 0;
  std::uint64_t locked_pages = 0;  // by all processes that there are
  std::uint64_t mappings = 0;
  std::uint64_t dma_available = 0;
  bool tracking = false;
  std::array<std::uint64_t, kProcesses> locked_by = {};  // the same by process
  bool operator==(const Sizes&) const = default;
};

// Adds up what each process has locked.
Sizes with_locked(Sizes sizes, const std::array<std::uint64_t, kProcesses>& locked_by);

// The same by name, in the order of Total.
std::array<std::uint64_t, kTotals> totals_of(const Sizes& sizes);

// Everything there is, in ascending order; compared at intervals.
struct State {
  struct Mapping {
    std::uint64_t first, last, vaddr;  // bytes, inclusive
    int rights;
    bool operator==(const Mapping&) const = default;
  };
  struct Pin {
    std::uint64_t iova, count;
    bool operator==(const Pin&) const = default;
  };
  struct Run {
    std::uint64_t first, end;  // pages of 4 KiB
    bool operator==(const Run&) const = default;
  };
  std::vector<Mapping> mappings;
  std::vector<Pin> pins;
  std::vector<Run> marks;  // joined where they touch
  bool operator==(const State&) const = default;

  void clear();
  // Runs come in ascending order.
  void add_marks(std::uint64_t first, std::uint64_t end);
  // The first pages, at most `most`, as iovas in bytes, that are in `a` but not in `b`.
  static std::vector<std::uint64_t> pages_only_in(const std::vector<Run>& a,
                                                  const std::vector<Run>& b, std::size_t most);
};

// What the host holds for a subject and its state does not say, or the other way
// round.
struct Discrepancy {
  bool in_iommu = false;  // or else in what is pinned
  std::string expected, actual;
};

}  // namespace tidemark
