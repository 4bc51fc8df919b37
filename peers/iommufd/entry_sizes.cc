// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "entry_sizes.h"

#include <algorithm>
#include <bit>

namespace tidemark::iommufd {
namespace {

// The largest size that is at most `bytes` and divides both addresses.
std::uint64_t largest(std::uint64_t sizes, std::uint64_t addresses, std::uint64_t bytes) {
  sizes &= ~std::uint64_t{0} >> std::countl_zero(bytes);
  if (addresses) sizes &= ~std::uint64_t{0} >> (63 - std::countr_zero(addresses));
  return std::bit_floor(sizes);
}

}  // namespace

std::uint64_t count_entries(const Operation& map, std::uint64_t page_sizes, std::uint64_t most) {
  std::uint64_t entries = 0, left = map.bytes, iova = map.iova;
  std::uint64_t offset = map.run_bytes ? map.run_offset : map.iova;
  while (left && entries <= most) {
    std::uint64_t run = map.run_bytes ? std::min(left, map.run_bytes - offset) : left;
    left -= run;
    while (run && entries <= most) {
      const std::uint64_t size = largest(page_sizes, iova | offset, run);
      iova += size;
      offset += size;
      run -= size;
      ++entries;
    }
    offset = 0;
  }
  return entries;
}

}  // namespace tidemark::iommufd
