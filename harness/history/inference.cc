// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "inference.h"

#include <algorithm>
#include <cerrno>

#include "host_layout.h"
#include "text.h"

namespace tidemark {
namespace {

// Where interrupts of x86 go, which its IOMMUs do not translate.
constexpr AddressRange kMsi = {0xfee00000, 0xfeefffff};

bool crosses_msi(std::uint64_t first, std::uint64_t size) {
  return first <= kMsi.last && first + (size - 1) >= kMsi.first;
}

// Widths of addresses of IOMMUs, the most frequent first.
constexpr unsigned kAddressBits[] = {39, 48, 46, 57, 52, 47, 44, 42, 40, 36, 32};

std::uint64_t last_of(unsigned bits) { return (std::uint64_t{1} << bits) - 1; }

}  // namespace

void Inference::mapped(std::uint64_t first, std::uint64_t size, const LoggedMappings& with_it) {
  mapped_at_msi_ |= crosses_msi(first, size);
  last_byte_.good(first + size - 1);
  bytes_.good(with_it.bytes());
  count_.good(with_it.count());
}

void Inference::refused(std::uint64_t first, std::uint64_t size, std::int64_t result,
                        const LoggedMappings& without_it) {
  switch (result) {
    case -EINVAL:
      (crosses_msi(first, size) ? refused_at_msi_ : refused_elsewhere_) = true;
      last_byte_.bad(first + size - 1);
      break;
    case -ENOMEM:
      bytes_.bad(without_it.bytes() + size);
      break;
    case -ENOSPC:
      count_.bad(without_it.count() + 1);
      break;
    case -EFAULT:
      unpinnable_ = true;
      break;
    default:
      break;
  }
}

void Inference::queried(std::uint64_t dirty_pages, std::uint64_t mapped_pages) {
  if (device_tracking || !mapped_pages) return;
  ++(dirty_pages < mapped_pages ? fewer_dirty_ : all_dirty_);
}

std::optional<unsigned> Inference::address_bits() const {
  if (!last_byte_.explains() || reserved_msi()) return std::nullopt;
  for (const unsigned bits : kAddressBits)
    if (last_of(bits) >= last_byte_.most_good() && last_of(bits) < last_byte_.least_bad())
      return bits;
  return std::nullopt;
}

LoggedGroups Inference::group_kind() const {
  LoggedGroups kind = {.hardware = !emulated()};
  if (const auto bits = address_bits()) kind.own.aperture = AddressRange{0, last_of(*bits)};
  if (reserved_msi()) kind.own.reserved = ReservedRanges{.ranges = {kMsi}, .count = 1};
  return kind;
}

Setup Inference::setup(ContainerType type) const {
  Setup setup = {.type = type};
  if (count_.explains() || count_.most_good() > setup.entries)
    setup.entries = static_cast<std::uint32_t>(
        std::min(count_.most_good(), std::uint64_t{std::numeric_limits<std::uint32_t>::max()}));
  if (bytes_.explains() && !emulated()) setup.memlock_pages = bytes_.most_good() / kPageBytes;
  return setup;
}

std::vector<std::string> Inference::words() const {
  std::vector<std::string> words;
  const bool hardware = !emulated();
  if (mediated)
    words.emplace_back("emulated groups: the log has a mediated device");
  else if (user_server)
    words.emplace_back("emulated groups: there is no IOMMU behind libvfio-user");
  else if (!hardware)
    words.emplace_back("emulated groups: most queries found fewer pages dirty than were mapped");
  else if (fewer_dirty_)
    words.emplace_back("hardware groups: most queries found all dirty that was mapped; not so " +
                       decimal(fewer_dirty_));
  else if (all_dirty_)
    words.emplace_back("hardware groups: queries found all dirty that was mapped");
  else
    words.emplace_back("hardware groups: nothing in the log speaks against it");
  if (fewer_dirty_ && !hardware)
    words.emplace_back("what devices wrote is not in the log: only clean ranges are expected");
  if (device_tracking)
    words.emplace_back("devices were asked what is dirty, and not the container: see below");
  if (const auto bits = address_bits(); bits && hardware)
    words.emplace_back("addresses of " + decimal(*bits) + " bits: what lies above was refused");
  if (reserved_msi() && hardware)
    words.emplace_back("the reserved range of x86's interrupts: what crosses it was refused");
  const Setup usual, set = setup(usual.type);
  if (set.entries != usual.entries)
    words.emplace_back("entries=" + decimal(set.entries) + ": the most that were mapped at a time");
  if (set.memlock_pages != usual.memlock_pages)
    words.emplace_back("memlock=" + decimal(set.memlock_pages) +
                       ": the most pages that were mapped at a time");
  if (unpinnable_ && hardware)
    words.emplace_back("fault=memory+0: memory that cannot be pinned is why EFAULT comes");
  if (query_faults)
    words.emplace_back("bitmap=0x0: a bitmap that cannot be written is why EFAULT comes");
  return words;
}

}  // namespace tidemark
