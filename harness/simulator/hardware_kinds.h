// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Kinds of IOMMU hardware: page sizes, coherence, apertures and reserved ranges of
// the groups that programs attach.
#pragma once

#include <array>
#include <cstdint>

namespace tidemark {

// The kinds of hardware groups that `attach gN hardware=K` chooses from (K
// modulo their number).
struct HardwareKind {
  struct Range {
    std::uint64_t first, last;
  };
  std::uint64_t pgsizes;  // bit n: pages of 2^n bytes
  bool cache_coherent;
  Range aperture;
  std::array<Range, 2> reserved;
  unsigned nr_reserved;
};
inline constexpr unsigned kHardwareKinds = 8;
const HardwareKind& hardware_kind(unsigned number);

}  // namespace tidemark
