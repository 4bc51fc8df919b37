// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "hardware_codes.h"

#include <array>

namespace tidemark::codes {
namespace {

constexpr std::uint8_t kSaysNothing = 192;  // all codes below it
constexpr std::uint64_t kTop = ~std::uint64_t{0};

// Numbers of bits: 31 of them, and the most usual one twice.
constexpr unsigned kSmallestBits = 10, kLargestBits = 40, kUsualBits = 12;
static_assert(std::uint64_t{1} << kLargestBits == kLargestPage);

constexpr AddressRange pages(std::uint64_t first, std::uint64_t last) {
  return {first * 4096, last * 4096 + 4095};
}

constexpr std::uint64_t kLastPage = kTop / 4096;

// With ends that meet, that leave pages between them, and that are within others.
constexpr std::array<AddressRange, 16> kApertures = {{{0, kTop},
                                                      pages(0, 7),
                                                      pages(0, 15),
                                                      pages(8, 15),
                                                      pages(8, kLastPage),
                                                      pages(16, 31),
                                                      pages(1, kLastPage - 1),
                                                      pages(4, 4),
                                                      pages(0, 511),
                                                      pages(512, kLastPage),
                                                      {0, 0xffffffff},
                                                      {0x100000000, kTop},
                                                      {0, 0x7fffffffff},
                                                      {0x10000000000, 0xffffffffffff},
                                                      {0, kTop >> 1},
                                                      {(kTop >> 1) + 1, kTop}}};

constexpr ReservedRanges one(AddressRange range) { return {{range}, 1}; }
constexpr ReservedRanges two(AddressRange low, AddressRange high) { return {{low, high}, 2}; }

constexpr std::array<ReservedRanges, 16> kReserved = {
    {{},
     one(pages(0, 0)),
     one(pages(4, 4)),
     one(pages(8, 15)),
     one(pages(16, kLastPage)),
     one(pages(kLastPage, kLastPage)),
     one(pages(0, 511)),
     one({0xfee00000, 0xfeefffff}),
     two(pages(4, 4), pages(12, 12)),
     two(pages(0, 3), pages(8, 11)),
     two(pages(2, 3), pages(4, 5)),
     two(pages(0, 0), pages(1, 1)),
     two(pages(31, 31), pages(64, 127)),
     two(pages(0, 7), pages(16, kLastPage)),
     two({0x8000000000, 0x80ffffffff}, {kTop - 0xffffffff, kTop}),
     one({0, kTop})}};

}  // namespace

std::uint64_t pgsizes_value(std::uint8_t code) {
  if (code < kSaysNothing) return 0;
  const unsigned n = code & 31;
  const unsigned bits = n + kSmallestBits > kLargestBits ? kUsualBits : n + kSmallestBits;
  const std::uint64_t smallest = std::uint64_t{1} << bits;
  return code & 32 ? smallest | smallest << 9 | smallest << 18 : smallest;
}

std::optional<AddressRange> aperture_value(std::uint8_t code) {
  if (code < kSaysNothing) return std::nullopt;
  return kApertures[code & 15];
}

std::optional<ReservedRanges> reserved_value(std::uint8_t code) {
  if (code < kSaysNothing) return std::nullopt;
  return kReserved[code & 15];
}

std::optional<bool> coherent_value(std::uint8_t code) {
  if (code < kSaysNothing) return std::nullopt;
  return (code & 1) == 0;
}

}  // namespace tidemark::codes
