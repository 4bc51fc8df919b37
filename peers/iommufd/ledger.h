// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which pages were written and not yet reported: N1 alone, whatever entries and marks there are.
#pragma once

#include <functional>
#include <optional>

#include "user_bitmap.h"

namespace tidemark::iommufd {

using Page = std::uint64_t;
using Pages = boost::icl::interval_set<Page, std::less, boost::icl::right_open_interval<Page>>;

class Ledger {
 public:
  void written(std::uint64_t iova) { owed_.add(iova / kPage); }
  void unmapped(std::uint64_t first, std::uint64_t last) { owed_.subtract(pages(first, last)); }
  void forget() { owed_.clear(); }
  // A query that returned so, and stored these bits of its bitmap: a page that it owed and did
  // not report. What it stored is paid, whatever it returned. Its page size is a power of two.
  std::optional<Page> reported(const Operation& query, int result,
                               const std::function<bool(Bit)>& stored);

 private:
  using Run = boost::icl::right_open_interval<Page>;
  static Run pages(std::uint64_t first, std::uint64_t last) {
    return {first / kPage, last / kPage + 1};
  }
  Pages owed_;
};

}  // namespace tidemark::iommufd
