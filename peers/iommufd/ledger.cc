// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "ledger.h"

namespace tidemark::iommufd {

std::optional<Page> Ledger::reported(const Operation& query, int result,
                                     const std::function<bool(Bit)>& stored) {
  Pages asked;
  asked.add(pages(query.iova, last_of(query.iova, query.bytes)));
  std::optional<Page> lost;
  Pages paid;
  for (const Run& run : Pages(owed_ & asked)) {
    for (Page page = run.lower(); page < run.upper(); ++page) {
      if (stored((page * kPage - query.iova) / query.page_bytes))
        paid.add(page);
      else if (result == 0 && !lost)
        lost = page;
    }
  }
  owed_ -= paid;
  return lost;
}

}  // namespace tidemark::iommufd
