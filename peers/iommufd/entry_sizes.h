// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How many entries a mapping is likely to take, so that none is made of too many.
#pragma once

#include "program.h"

namespace tidemark::iommufd {

// With entries of these sizes (one bit each), as large as fit; counts no further than `most` + 1.
// Its arguments are those of a mapping that can be made.
std::uint64_t count_entries(const Operation& map, std::uint64_t page_sizes, std::uint64_t most);

}  // namespace tidemark::iommufd
