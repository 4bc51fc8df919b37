// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A mapping as its user knows it.
#pragma once

#include <cstdint>

#include "guest_memory.h"

namespace tidemark {

struct LiveMapping {
  std::uint64_t first = 0, last = 0;  // bytes, inclusive
  std::uint64_t vaddr = 0;
  bool readable = false, writable = false;

  // Of pages of user memory, by number.
  bool holds(std::uint64_t page) const {
    const std::uint64_t address = page * GuestMemory::kPageBytes;
    return address >= vaddr && address - vaddr <= last - first;
  }
  std::uint64_t iova_of(std::uint64_t page) const {
    return first + (page * GuestMemory::kPageBytes - vaddr);
  }
};

}  // namespace tidemark
