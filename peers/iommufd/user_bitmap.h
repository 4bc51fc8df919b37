// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a query stores into the user's memory: as the contract says, and as Linux does.
#pragma once

#include <boost/icl/interval_set.hpp>
#include <boost/icl/right_open_interval.hpp>
#include <functional>

#include "program.h"
#include "quirks.h"

namespace tidemark::iommufd {

// Bits of the user's memory, numbered from its first byte on.
using Bit = std::uint64_t;
using BitInterval = boost::icl::right_open_interval<Bit>;
using Bits = boost::icl::interval_set<Bit, std::less, BitInterval>;

// How much of the user's memory there is, in pages; and which page, if any, cannot be pinned.
struct UserMemory {
  std::size_t pages = 0;
  std::int64_t missing = -1;
};

class UserBitmap {
 public:
  // Of a query whose arguments were checked.
  UserBitmap(const Operation& query, UserMemory memory, Quirks quirks);

  // Is all of the bitmap's memory there?
  bool there() const;
  // All bytes of an entry, or of what is taken for one, are to be reported.
  void set(std::uint64_t first, std::uint64_t bytes);

  const Bits& stored() const { return stored_; }
  // False: it goes on pinning one piece for ever.
  bool ends() const { return ends_; }
  // Which quirks made a difference.
  Quirks acted() const { return acted_; }

 private:
  // Linux pins the bitmap piece by piece: bytes [first_byte, end_byte) of the bitmap, whose bits
  // are for [iova, last].
  struct Window {
    std::uint64_t first_byte = 0, end_byte = 0;
    std::uint64_t iova = 0, last = 0;
    bool holds(std::uint64_t first, std::uint64_t bytes) const;
  };

  void set_piecewise(std::uint64_t first, std::uint64_t bytes);
  bool pin_for(std::uint64_t iova);
  void store(Bit first, Bit last);  // of the bitmap

  Operation query_;
  UserMemory memory_;
  Quirks quirks_;
  unsigned shift_;       // of a bit's bytes
  std::uint64_t bytes_;  // of the bitmap, as Linux counts them
  Window window_;
  Bits stored_;
  Quirks acted_;
  bool ends_ = true;
};

}  // namespace tidemark::iommufd
