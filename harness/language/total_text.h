// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A count of the state as text, in programs and in reports alike.
#pragma once

#include <cstdint>
#include <string>

#include "program.h"
#include "text.h"

namespace tidemark {

// Page sizes, which are bits, are hexadecimal; what is a count is decimal.
inline std::string total_text(Total total, std::uint64_t value) {
  return total == Total::page_sizes ? hex(value) : decimal(value);
}

}  // namespace tidemark
