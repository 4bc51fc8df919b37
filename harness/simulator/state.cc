// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "state.h"

#include <algorithm>
#include <numeric>

namespace tidemark {

std::array<std::uint64_t, kTotals> totals_of(const Sizes& sizes) {
  return {sizes.page_sizes, sizes.pinned_pages,  sizes.locked_pages,
          sizes.mappings,   sizes.dma_available, sizes.tracking};
}

Sizes with_locked(Sizes sizes, const std::array<std::uint64_t, kProcesses>& locked_by) {
  sizes.locked_by = locked_by;
  sizes.locked_pages = std::accumulate(locked_by.begin(), locked_by.end(), std::uint64_t{0});
  return sizes;
}

void State::clear() {
  mappings.clear();
  pins.clear();
  marks.clear();
}

void State::add_marks(std::uint64_t first, std::uint64_t end) {
  if (!marks.empty() && marks.back().end == first)
    marks.back().end = end;
  else
    marks.push_back({first, end});
}

// Runs may have 2^52 pages: what `b` has is passed over in one step.
std::vector<std::uint64_t> State::pages_only_in(const std::vector<Run>& a,
                                                const std::vector<Run>& b, std::size_t most) {
  std::vector<std::uint64_t> pages;
  for (const Run& run : a) {
    for (std::uint64_t page = run.first; page < run.end && pages.size() < most;) {
      const auto covers = [page](const Run& r) { return page >= r.first && page < r.end; };
      const auto other = std::ranges::find_if(b, covers);
      if (other == b.end()) pages.push_back(page * kPageBytes);
      page = other == b.end() ? page + 1 : other->end;
    }
  }
  return pages;
}

}  // namespace tidemark
