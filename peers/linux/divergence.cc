// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "divergence.h"

#include <algorithm>

namespace tidemark {

bool Divergence::any_operation(bool (*holds)(const Operation&)) const {
  const auto begin = program.operations.begin();
  const std::size_t count = std::min(index + 1, program.operations.size());
  return std::any_of(begin, begin + static_cast<std::ptrdiff_t>(count), holds);
}

}  // namespace tidemark
