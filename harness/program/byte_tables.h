// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What each byte of a record stands for: the tables behind program_bytes.h,
// in which common values have most codes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "program.h"

namespace tidemark::codes {

using Byte = std::uint8_t;
template <typename Value>
using Codes = std::array<Value, 256>;
template <typename Value>
using Slots = std::array<Value, 16>;

Verb verb_value(Byte code);

struct WhenCode {
  When when = When::now;
  Byte device = 0;
  Byte process = 0;  // who calls
  bool operator==(const WhenCode&) const = default;
};

WhenCode when_value(Verb verb, Byte code);

struct FlagsCode {
  std::uint16_t flags = 0;
  Byte hardware = 0;  // attach
  bool operator==(const FlagsCode&) const = default;
};

FlagsCode flags_value(Verb verb, Byte code);
// The flags code that stands for kAll with address and size 0.
inline constexpr Byte kWholeSpace = 15;
bool is_whole_space(Verb verb, Byte code);

using PageCodes = Codes<std::int8_t>;
using ByteCodes = Codes<std::int32_t>;

// How the four bytes of a quantity are read.
struct QuantityCodes {
  Slots<Base> bases;
  const PageCodes* plain_pages;  // with Base::zero
  const Slots<std::int64_t>* far_pages;
  const std::array<std::int64_t, 4>* whole_pages;  // more far ones; null: there are none
  const ByteCodes* plain_bytes;
  const ByteCodes* other_bytes;  // with any other base
};

const QuantityCodes& address_codes(Verb verb);
const QuantityCodes& size_codes(Verb verb);
const PageCodes& page_codes(const QuantityCodes& codes, Base base);
const ByteCodes& byte_codes(const QuantityCodes& codes, Base base);
inline constexpr Byte kFirstFar = 236;                          // nothing is, below
std::int64_t far_value(const QuantityCodes& codes, Byte code);  // added to the pages

Byte id_value(Byte code);
Quantity vaddr_value(Byte code);
std::uint64_t number_value(Verb verb, Byte code);

// One of two, or both; none is the larger.
template <typename Kind>
struct Two {
  Kind first = Kind::none, second = Kind::none;
  bool operator==(const Two&) const = default;
};
Two<Field> bend_fields(Verb verb, Byte code);
std::uint64_t bend_value(Field field, Byte code);
Two<FaultKind> fault_kinds(Verb verb, Byte code);
std::uint16_t fault_index(Byte code);
// Of the second of two, the code is read with its halves exchanged.
constexpr Byte code_of_second(Byte code) { return static_cast<Byte>(code << 4 | code >> 4); }

// Of the setup record.
ContainerType type_value(Byte code);
RangeRule rule_value(Byte code);
std::uint32_t entries_value(Byte code);
std::uint64_t memlock_value(Byte code);
std::uint32_t bitmap_words_value(Byte code);
StoreKind store_value(Byte code);

}  // namespace tidemark::codes
