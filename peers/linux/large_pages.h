// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Linux keeps one bit for each page of the smallest size that all IOMMUs have.
#pragma once

#include <cstdint>
#include <vector>

#include "lockstep.h"

namespace tidemark {

// The marks, kept per page, that the subject has beyond those of the reference, where
// Linux keeps them for large pages: not those that it has for want of smaller ones.
// Iovas in bytes, at most Mismatch::kMaxPages.
std::vector<std::uint64_t> marks_beyond_rounding(Lockstep& lockstep);

// Is one of these bytes in a part of the mapping that has no bit of its own? That is what
// does not fill a large page, counted from the mapping's first byte, as its bits are: so in
// the user's bitmap, but not in the state, all bits of a mapping that begins within a large
// page are in other pages' places.
bool has_no_bit(const LiveMapping& mapping, std::uint64_t first, std::uint64_t last,
                std::uint64_t page_bytes, bool in_state);

}  // namespace tidemark
