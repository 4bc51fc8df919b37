// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What not every tracker has, which of it a program needs, and the program without it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "program.h"

namespace tidemark {

enum class Feature : std::uint8_t {
  hardware_groups,
  pins,
  rw,
  devices,  // that are called back, and so windows
  get_info,
  processes,  // others than the first, and that they end
  locked_limits,
  allocation_faults,
  range_rules,  // others than `whole`
  version_1,
  state,      // it can show it
  leftovers,  // it says what it has not given back; no program needs that
};
inline constexpr unsigned kFeatures = 12;

// A set of them.
class Features {
 public:
  constexpr Features() = default;
  // Bit n: Feature n. Others than kFeatures are not there.
  constexpr explicit Features(std::uint32_t bits) : bits_(bits & ((1u << kFeatures) - 1)) {}
  static constexpr Features all() { return Features(~0u); }

  constexpr bool has(Feature feature) const {
    return (bits_ >> static_cast<unsigned>(feature) & 1) != 0;
  }
  constexpr void add(Feature feature) { bits_ |= 1u << static_cast<unsigned>(feature); }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr Features operator-(Features others) const { return Features(bits_ & ~others.bits_); }
  constexpr Features operator|(Features others) const { return Features(bits_ | others.bits_); }
  constexpr std::uint32_t bits() const { return bits_; }
  bool operator==(const Features&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

// "hardware groups", "pins", ...
std::string_view name(Feature feature);
// With commas between them; empty for none.
std::string names(Features features);

// Without which the program cannot run, or what it expects cannot be looked at.
Features needed_by(const Program& program);

// The program, if it needs no other than `has`. Else without the operations that do, and
// those that stay without what needs it; expectations go by place, and go.
Program fitted(const Program& program, Features has);

}  // namespace tidemark
