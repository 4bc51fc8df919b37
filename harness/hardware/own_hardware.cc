// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "own_hardware.h"

#include <bit>

#include "scan.h"
#include "text.h"

namespace tidemark {
namespace {

using std::string;
using std::string_view;

constexpr std::uint64_t kMax = ~std::uint64_t{0};
enum Name : std::size_t { kPgsizes, kAperture, kReserved, kCoherent };  // as in kOwnNames

string print_sizes(std::uint64_t pgsizes) {
  string text;
  for (; pgsizes; pgsizes &= pgsizes - 1) text += ',' + hex(pgsizes & (0 - pgsizes));
  return text.substr(1);
}

string print_range(const AddressRange& range) { return hex(range.first) + '-' + hex(range.last); }

string print_reserved(const ReservedRanges& reserved) {
  string text;
  for (unsigned i = 0; i < reserved.count; ++i) text += ',' + print_range(reserved.ranges[i]);
  return text.empty() ? "none" : text.substr(1);
}

string read_sizes(string_view value, OwnHardware& own) {
  std::uint64_t pgsizes = 0;
  do {
    std::uint64_t size = 0;
    if (!scan_number(value, kMax, size)) return "page sizes such as pgsizes=0x1000,0x200000";
    if (!std::has_single_bit(size)) return "page sizes that are powers of two";
    if (pgsizes & size) return "each page size once";
    pgsizes |= size;
  } while (skip(value, ","));
  if (!value.empty()) return "page sizes such as pgsizes=0x1000,0x200000";
  if ((pgsizes & (0 - pgsizes)) > kLargestPage)
    return "a smallest page size of at most " + hex(kLargestPage);
  own.pgsizes = pgsizes;
  return "";
}

bool scan_range(string_view& value, AddressRange& range) {
  return scan_number(value, kMax, range.first) && skip(value, "-") &&
         scan_number(value, kMax, range.last);
}

string read_aperture(string_view value, OwnHardware& own) {
  AddressRange range;
  if (!scan_range(value, range) || !value.empty())
    return "first and last byte such as aperture=0x0-0x7fffffffff";
  if (range.last < range.first) return "an aperture that does not end before it begins";
  own.aperture = range;
  return "";
}

string read_reserved(string_view value, OwnHardware& own) {
  static constexpr char kForm[] = "reserved=none or such as reserved=0x8000-0x8fff,0xa000-0xafff";
  ReservedRanges reserved;
  bool more = value != "none";
  if (!more) value = {};
  for (; more; more = skip(value, ",")) {
    AddressRange range;
    if (!scan_range(value, range)) return kForm;
    if (range.last < range.first) return "reserved ranges that do not end before they begin";
    if (reserved.count == kMostReserved)
      return "at most " + decimal(kMostReserved) + " reserved ranges";
    if (reserved.count && range.first <= reserved.ranges[reserved.count - 1].last)
      return "reserved ranges that ascend and do not overlap";
    reserved.ranges[reserved.count++] = range;
  }
  if (!value.empty()) return kForm;
  own.reserved = reserved;
  return "";
}

string read_coherent(string_view value, OwnHardware& own) {
  if (value != "yes" && value != "no") return "coherent=yes or coherent=no";
  own.coherent = value == "yes";
  return "";
}

}  // namespace

HardwareKind with(HardwareKind kind, const OwnHardware& own) {
  if (own.pgsizes) kind.pgsizes = own.pgsizes;
  if (own.aperture) kind.aperture = *own.aperture;
  if (own.reserved) {
    kind.reserved = own.reserved->ranges;
    kind.nr_reserved = own.reserved->count;
  }
  if (own.coherent) kind.cache_coherent = *own.coherent;
  return kind;
}

bool says(const OwnHardware& own, std::size_t name) {
  OwnHardware without = own;
  unsay(without, name);
  return without != own;
}

void unsay(OwnHardware& own, std::size_t name) {
  if (name == kPgsizes) own.pgsizes = 0;
  if (name == kAperture) own.aperture.reset();
  if (name == kReserved) own.reserved.reset();
  if (name == kCoherent) own.coherent.reset();
}

string print(const OwnHardware& own) {
  string text;
  const auto add = [&text](Name name, const string& value) {
    text += ' ' + string(kOwnNames[name]) + value;
  };
  if (own.pgsizes) add(kPgsizes, print_sizes(own.pgsizes));
  if (own.aperture) add(kAperture, print_range(*own.aperture));
  if (own.reserved) add(kReserved, print_reserved(*own.reserved));
  if (own.coherent) add(kCoherent, *own.coherent ? "yes" : "no");
  return text;
}

string read_own(std::size_t name, string_view value, OwnHardware& own) {
  if (name == kPgsizes) return read_sizes(value, own);
  if (name == kAperture) return read_aperture(value, own);
  return name == kReserved ? read_reserved(value, own) : read_coherent(value, own);
}

}  // namespace tidemark
