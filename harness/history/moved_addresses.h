// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Addresses of a process of the host, as DPDK gives them to devices, moved to where they say
// nothing of it. They keep their distances.
#pragma once

#include <cstdint>
#include <optional>

namespace tidemark {

class MovedAddresses {
 public:
  // The first one decides how far.
  std::uint64_t moved(std::uint64_t address) {
    constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;
    constexpr std::uint64_t kUserSpace = std::uint64_t{1} << 47;
    if (!by_) by_ = address / kGibibyte * kGibibyte;
    return (address - *by_) % kUserSpace;
  }
  bool any() const { return by_.has_value(); }

 private:
  std::optional<std::uint64_t> by_;
};

}  // namespace tidemark
