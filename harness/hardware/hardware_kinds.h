// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Kinds of IOMMU hardware: page sizes, coherence, apertures and reserved ranges of
// the groups that programs attach.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace tidemark {

// Bytes [first, last] of the address space.
struct AddressRange {
  std::uint64_t first = 0, last = 0;
  auto operator<=>(const AddressRange&) const = default;
};

inline constexpr unsigned kMostReserved = 2;

struct HardwareKind {
  using Range = AddressRange;
  std::uint64_t pgsizes;  // bit n: pages of 2^n bytes
  bool cache_coherent;
  Range aperture;
  std::array<Range, kMostReserved> reserved;  // ascending, disjoint
  unsigned nr_reserved;
  auto operator<=>(const HardwareKind&) const = default;
};

// The kinds that `attach gN hardware=K` chooses from (K modulo their number).
inline constexpr unsigned kHardwareKinds = 8;
const HardwareKind& hardware_kind(unsigned number);

}  // namespace tidemark
