// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Hardware that a program says itself: a numbered kind, but for some of its fields.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hardware_kinds.h"

namespace tidemark {

// The smallest page of hardware is no larger: user memory has thirty such pages.
inline constexpr std::uint64_t kLargestPage = std::uint64_t{1} << 40;

struct ReservedRanges {
  std::array<AddressRange, kMostReserved> ranges = {};  // ascending, disjoint; zeros behind them
  unsigned count = 0;
  bool operator==(const ReservedRanges&) const = default;
};

// What is not said is as the numbered kind has it.
struct OwnHardware {
  std::uint64_t pgsizes = 0;  // bit n: pages of 2^n bytes; 0: not said
  std::optional<AddressRange> aperture;
  std::optional<ReservedRanges> reserved;
  std::optional<bool> coherent;
  bool operator==(const OwnHardware&) const = default;
};

HardwareKind with(HardwareKind kind, const OwnHardware& own);

// As text, options of `attach`:
//   pgsizes=0x1000,0x200000 aperture=0x0-0x7fffffffff reserved=none coherent=no
inline constexpr std::array<std::string_view, 4> kOwnNames = {
    "pgsizes=", "aperture=", "reserved=", "coherent="};
bool says(const OwnHardware& own, std::size_t name);  // of kOwnNames, by place
void unsay(OwnHardware& own, std::size_t name);
// What is said, each with a space before it.
std::string print(const OwnHardware& own);
// `value` is what stands behind the name. Empty; or what was expected, and `own` is as
// it was. Good are: page sizes that are powers of two, each once, the smallest up to
// kLargestPage; ranges that do not end before they begin; up to kMostReserved reserved
// ones that ascend and do not overlap, or "none"; "yes" and "no".
std::string read_own(std::size_t name, std::string_view value, OwnHardware& own);

}  // namespace tidemark
