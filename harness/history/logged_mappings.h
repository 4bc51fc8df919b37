// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which ranges are mapped, if all that a log does not say was as it should be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "program.h"

namespace tidemark {

class LoggedMappings {
 public:
  struct Mapping {
    std::uint64_t last = 0;  // byte
    unsigned rights = 0;     // bit 0: read, bit 1: write
  };

  // Not if it is empty, ends behind the last address or overlaps another: then false.
  bool add(std::uint64_t first, std::uint64_t size, unsigned rights);
  // As VFIO_IOMMU_UNMAP_DMA does: v2 no part of a mapping; v1 all of one that begins in
  // the range, and nothing from one on that begins before it.
  void unmap(std::uint64_t first, std::uint64_t size, ContainerType type);
  void clear() { mappings_.clear(), bytes_ = 0; }

  std::size_t count() const { return mappings_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  // How many bytes of the range are mapped. Cost: the mappings in it.
  std::uint64_t bytes_in(std::uint64_t first, std::uint64_t size) const;
  // Those that lie in the bytes [first, last], cut to them, ascending. Cost: the mappings there.
  struct Part {
    std::uint64_t first = 0, last = 0;
    unsigned rights = 0;
  };
  std::vector<Part> parts_in(std::uint64_t first, std::uint64_t last) const;
  // By their first bytes, ascending.
  const std::map<std::uint64_t, Mapping>& all() const { return mappings_; }

 private:
  using Place = std::map<std::uint64_t, Mapping>::const_iterator;
  // The first that ends at `address` or behind it.
  Place from(std::uint64_t address) const;

  std::map<std::uint64_t, Mapping> mappings_;
  std::uint64_t bytes_ = 0;
};

}  // namespace tidemark
