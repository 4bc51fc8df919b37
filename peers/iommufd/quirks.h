// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What Linux's iommufd is known to do otherwise than docs/iommufd-contract.md says.
#pragma once

#include <cstdint>

namespace tidemark::iommufd {

// Numbered as they are kept in sets; the model does each to the bit.
enum class Quirk : std::uint8_t {
  missing_memory,  // what cannot be stored is lost, and the call succeeds
  gap,             // behind a gap in the range nothing is looked at, and the call succeeds
  off_is_silent,   // with tracking off a query succeeds, and says nothing
  off_is_walked,   // with tracking off a query does what it does with tracking on
  odd_page,        // of a page size that is no power of two the lowest bit is taken
  cut_entry,       // an entry that reaches out of the range loses all of its mark
  begins_before,   // of an entry that begins before the range nothing is stored
  slid,            // an entry that begins before the range is reported as if it began there
  shifted,         // and the walk goes on behind that
  beyond_the_end,  // bits are stored behind the bitmap's end
  on_again,        // tracking that is on is put on, and all marks go
  last_item,       // of an entry of several items the last is not reported
  wraps,           // a range that ends at 2^64 is walked for ever
  no_bytes,        // a range of 0 bytes from 0 on is one of 2^64
};

class Quirks {
 public:
  constexpr Quirks() = default;
  constexpr Quirks(Quirk quirk) : bits_(1U << static_cast<unsigned>(quirk)) {}  // NOLINT
  constexpr bool has(Quirk quirk) const { return bits_ >> static_cast<unsigned>(quirk) & 1; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr void add(Quirks other) { bits_ |= other.bits_; }
  friend constexpr Quirks operator|(Quirks a, Quirks b) {
    a.add(b);
    return a;
  }
  constexpr bool operator==(const Quirks&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace tidemark::iommufd
