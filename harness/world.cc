// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "world.h"

#include <algorithm>
#include <cstring>

namespace tidemark {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};
constexpr HardwareKind::Range kMsi = {0xfee00000, 0xfeefffff};

constexpr std::array<HardwareKind, kHardwareKinds> kKinds = {{
    {0x40201000, true, {0, kAll}, {}, 0},                              // 4 KiB, 2 MiB, 1 GiB
    {~std::uint64_t{0xfff}, false, {0, kAll}, {kMsi}, 1},              // any power of two
    {0x20010000, true, {0, kAll}, {}, 0},                              // 64 KiB, 512 MiB
    {0x40200000, true, {0, kAll}, {}, 0},                              // 2 MiB, 1 GiB
    {0x40206000, true, {0, kAll}, {}, 0},                              // 8, 16 KiB, 2 MiB, 1 GiB
    {0x40201000, true, {0, (std::uint64_t{1} << 39) - 1}, {kMsi}, 1},  // 39 bits of address
    {0x10400, false, {0, kAll}, {}, 0},                                // 1 KiB (as 4), 64 KiB
    // 16, 64 KiB, 2 MiB, between 64 KiB and 2^48, with two holes
    {0x214000,
     true,
     {0x10000, (std::uint64_t{1} << 48) - 1},
     {HardwareKind::Range{0x100000, 0x1fffff}, kMsi},
     2},
}};

}  // namespace

const HardwareKind& hardware_kind(unsigned number) { return kKinds[number % kHardwareKinds]; }

void BitmapArea::reset(bool used) {
  fill_ = used ? 0xa5a5a5a5a5a5a5a5u : 0;
  touched_.clear();
  if (++now_ == 0) {
    std::fill(written_.begin(), written_.end(), 0);
    now_ = 1;
  }
}

std::uint64_t BitmapArea::word(std::int64_t index) const {
  const auto i = static_cast<std::size_t>(index + kGuard);
  return written_[i] == now_ ? words_[i] : fill_;
}

void BitmapArea::write(std::int64_t offset, const std::uint8_t* from, std::size_t bytes) {
  auto at = static_cast<std::size_t>(offset + 8 * kGuard);
  while (bytes) {
    const std::size_t i = at / 8, part = std::min<std::size_t>(bytes, 8 - at % 8);
    if (written_[i] != now_) {
      written_[i] = now_;
      words_[i] = fill_;
      touched_.push_back(static_cast<std::int64_t>(i) - kGuard);
    }
    std::memcpy(reinterpret_cast<std::uint8_t*>(&words_[i]) + at % 8, from, part);
    at += part;
    from += part;
    bytes -= part;
  }
}

void BitmapArea::read(std::int64_t offset, std::uint8_t* to, std::size_t bytes) const {
  for (std::size_t n = 0; n < bytes; ++n) {
    const auto at = static_cast<std::size_t>(offset + 8 * kGuard) + n;
    const std::uint64_t value = word(static_cast<std::int64_t>(at / 8) - kGuard);
    to[n] = static_cast<std::uint8_t>(value >> at % 8 * 8);
  }
}

void World::reset(const Setup& setup, UnmapListener* listener) {
  memory.clear();
  fault = {};
  memlock_pages = setup.memlock_pages;
  fail_allocation = 0;
  allocation_failed = false;
  listener_ = listener;
}

World::Place World::place(std::uint64_t address, std::size_t bytes, bool write) const {
  Place place;
  std::uint64_t end = 0;  // of the area
  if (address >= kRamFirst && address <= kRamLast) {
    place.where = Where::ram;
    end = kRamLast + 1;
  } else {
    place.depth = static_cast<unsigned>(address / kDepthStride % 16);
    if (place.depth >= kDepths) return place;
    const std::uint64_t shift = place.depth * kDepthStride;
    if (address - shift - ArgumentArea::kBase < ArgumentArea::kBytes) {
      place.where = Where::argument;
      end = ArgumentArea::kBase + ArgumentArea::kBytes + shift;
    } else if (BitmapArea::contains(address - shift)) {
      place.where = Where::bitmap;
      end = BitmapArea::kBase + 8 * (BitmapArea::kWords + BitmapArea::kGuard) + shift;
    } else {
      return place;
    }
  }
  place.bytes = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, end - address));
  if ((write ? fault.on_write : fault.on_read) && address <= fault.last &&
      address + place.bytes > fault.first)
    place.bytes = static_cast<std::size_t>(fault.first - std::min(address, fault.first));
  return place;
}

std::size_t World::copy_from_user(void* to, std::uint64_t from, std::size_t bytes) {
  const Place p = place(from, bytes, false);
  auto* target = static_cast<std::uint8_t*>(to);
  const std::uint64_t local = from - p.depth * kDepthStride;
  switch (p.where) {
    case Where::argument:
      std::memcpy(target, &arguments[p.depth].bytes[local - ArgumentArea::kBase], p.bytes);
      break;
    case Where::bitmap:
      bitmaps[p.depth].read(static_cast<std::int64_t>(local - BitmapArea::kBase), target, p.bytes);
      break;
    case Where::ram:
      memory.read(from, target, p.bytes);
      break;
    case Where::nowhere:
      break;
  }
  std::memset(target + p.bytes, 0, bytes - p.bytes);  // as the kernel's does
  return bytes - p.bytes;
}

std::size_t World::copy_to_user(std::uint64_t to, const void* from, std::size_t bytes) {
  const Place p = place(to, bytes, true);
  const auto* source = static_cast<const std::uint8_t*>(from);
  const std::uint64_t local = to - p.depth * kDepthStride;
  switch (p.where) {
    case Where::argument:
      std::memcpy(&arguments[p.depth].bytes[local - ArgumentArea::kBase], source, p.bytes);
      break;
    case Where::bitmap:
      bitmaps[p.depth].write(static_cast<std::int64_t>(local - BitmapArea::kBase), source, p.bytes);
      break;
    case Where::ram:
      memory.write(to, source, p.bytes);
      break;
    case Where::nowhere:
      break;
  }
  return bytes - p.bytes;
}

bool World::access_ok(std::uint64_t address, std::uint64_t bytes) const {
  return bytes <= kUserLimit && address <= kUserLimit - bytes;
}

std::uint64_t World::pinnable_pages(std::uint64_t vaddr, std::uint64_t pages) const {
  if (vaddr < kRamFirst || vaddr > kRamLast) return 0;
  pages = host_run(vaddr / kPageBytes, std::min(pages, (kRamLast - vaddr) / kPageBytes + 1));
  const bool faults = fault.on_write && fault.last >= kRamFirst;
  const std::uint64_t bad = fault.first / kPageBytes, first = vaddr / kPageBytes;
  if (faults && bad >= first && bad - first < pages) pages = bad - first;
  return pages;
}

}  // namespace tidemark
