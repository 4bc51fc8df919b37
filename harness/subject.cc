// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "subject.h"

namespace tidemark {

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

}  // namespace tidemark
