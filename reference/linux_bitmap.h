// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The dirty bitmap of one mapping as Linux keeps it: bits are counted from the
// mapping's first page, there are some more than it has pages, and to report them is
// to shift them.
//
// Bits are in runs, whatever their number, so that the bitmap of a mapping of
// terabytes costs nothing.
#pragma once

#include <cstdint>
#include <span>

#include "model.h"
#include "quirks.h"

namespace tidemark::reference {

class LinuxBitmap {
 public:
  // Bits [first, end).
  void set(std::uint64_t first, std::uint64_t end) { add(bits_, {first, end}); }
  void clear(std::uint64_t first, std::uint64_t end) { remove(bits_, {first, end}); }
  const PageSet& bits() const { return bits_; }

  // What an answer is made of.
  struct Answer {
    std::uint64_t address = 0;  // of the user's bitmap
    std::uint64_t offset = 0;   // the bit there that is the mapping's first
    std::uint64_t bits = 0;     // that the mapping has
  };
  // Stores the words of the user's bitmap that the mapping has bits in. False if they
  // cannot be stored or read. Adds to `seen` the quirks that it came upon.
  bool report(const Answer& answer, Quirks quirks, Surroundings& surroundings, Quirks& seen);

 private:
  void shift(unsigned by, std::uint64_t bits);
  bool join_leftover(std::uint64_t address, unsigned shift, Quirks quirks,
                     Surroundings& surroundings);
  void read(std::uint64_t from, std::span<std::uint64_t> words) const;
  bool store(std::uint64_t address, std::uint64_t words, Quirks quirks, Surroundings& surroundings,
             Quirks& seen) const;

  PageSet bits_;  // of bits, not of pages
};

}  // namespace tidemark::reference
