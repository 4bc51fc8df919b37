// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a program says of its hardware, as a fuzzer's bytes, one a field: three codes of
// four say nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "own_hardware.h"

namespace tidemark::codes {

// One size from 2^10 to 2^40, alone or with those 2^9 and 2^18 times as large, as levels of
// page tables have them.
std::uint64_t pgsizes_value(std::uint8_t code);
// Around the first 32 pages, in which most mappings lie, and around powers of two far above.
std::optional<AddressRange> aperture_value(std::uint8_t code);
std::optional<ReservedRanges> reserved_value(std::uint8_t code);
std::optional<bool> coherent_value(std::uint8_t code);

}  // namespace tidemark::codes
