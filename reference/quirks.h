// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What Linux does otherwise than the contract, defects and other choices, each by
// itself: linux_model.h does with a set of them what Linux does.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace tidemark::reference {

enum class Quirk {
  clean_words,         // R11: a query stores the words without a bit of mappings, too
  range_rule,          // R10: it is `whole`, whatever is asked for
  odd_offset,          // B2: bits are shifted in place, and what is shifted out stays
  failed_copy,         // B1: a query or unmap that fails has cleared and shifted marks
  failed_unmap,        // B1, D7: an unmap that fails has unmapped
  several_mappings,    // D6, D7: an unmap goes mapping by mapping, and starts over
  unchecked_window,    // B6, D6: what an unmap's callbacks spoil is no error
  failed_write,        // B3: what a write that fails has written is not marked
  promotion,           // B12: what a group wrote before its first pin is forgotten
  large_pages_marks,   // D1: marks are kept in units of P
  cut_by_large_pages,  // D3: what does not fill one, from the mapping's first byte on, has no bit
  top,                 // B4: a range that ends at 2^64 holds nothing
  closed_device,       // D5: of a pin, that the group is not attached is seen first
  negative_count,      // B9: a pin of less than no page is one
  unaligned_pin,       // D5: what begins within a page is no part of it, and pinned by itself
  callers_memory,      // D8: an attach pins the caller's memory, up to the caller's limit, too
  whole_runs,          // D8, D10: the page after a run is pinned before the IOMMU gets the run
  shared_domains,      // D8: groups of one kind share an IOMMU domain; the newest is told first
  out_of_reach,        // D8: what is mapped is compared with the ranges that go, if there are any
  no_page_size,        // D2: groups without a common page size are attached
  nesting,             // D13
  other_extensions,    // D13: updates of user addresses
  vaddr_flags,         // R14, R15: mappings without a valid user address
  info_gaps,           // D14: capabilities begin at multiples of 8 bytes
  info_bytes,          // D14: GET_INFO stores what there is room for
  unpin_warns,         // D16: an unpin that is wrong, or ends at a hole, warns
  large_pages_warn,    // D2: without pages of 4 KiB, MAP_DMA and UNMAP_DMA warn
  overflow,            // R12, R15, D5: ranges that pass 2^64 are -EOVERFLOW, of MAP_DMA at first
  transfer_wraps,      // D12: rw that comes to 2^64 goes on at 0
};

// How Linux may not come back from a call.
enum class Stop {
  none,      // it does
  bug,       // B8: a BUG()
  deadlock,  // B7
};

class Quirks {
 public:
  constexpr Quirks() = default;
  constexpr Quirks(std::initializer_list<Quirk> quirks) {
    for (const Quirk quirk : quirks) add(quirk);
  }
  constexpr bool has(Quirk quirk) const { return (bits_ & bit(quirk)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr void add(Quirk quirk) { bits_ |= bit(quirk); }
  constexpr void add(Quirks others) { bits_ |= others.bits_; }
  constexpr void remove(Quirk quirk) { bits_ &= ~bit(quirk); }

 private:
  static constexpr std::uint64_t bit(Quirk quirk) {
    return std::uint64_t{1} << static_cast<unsigned>(quirk);
  }
  std::uint64_t bits_ = 0;
};

}  // namespace tidemark::reference
