// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "world.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tidemark {

void World::reset(const Setup& setup, UnmapListener* listener) {
  memory.clear();
  for (ArgumentArea& argument : arguments) argument.bytes.fill(ArgumentArea::kUnset);
  for (BitmapArea& bitmap : bitmaps) {
    bitmap.resize(setup.bitmap_words);
    bitmap.reset(false);
  }
  fault = other_fault = {};
  processes.reset(setup.memlock_pages);
  fail_allocation = 0;
  allocation_failed = false;
  failing_iommu_map = kNoMap;
  iommu_maps = 0;
  asks_aside = false;
  answers_user = false;
  answers.clear();
  listener_ = listener;
}

World::Place World::place(std::uint64_t address, std::size_t bytes) const {
  Place place;
  std::uint64_t end = 0;  // of the area
  if (address >= kRamFirst && address <= kRamLast) {
    place.where = Where::ram;
    end = kRamLast + 1;
  } else {
    // With the guard that lies before an area.
    place.depth = static_cast<unsigned>((address + 8 * BitmapArea::kGuard) / kDepthStride % 16);
    if (place.depth >= kDepths) return place;
    const std::uint64_t shift = place.depth * kDepthStride;
    if (address - shift - ArgumentArea::kBase < ArgumentArea::kBytes) {
      place.where = Where::argument;
      end = ArgumentArea::kBase + ArgumentArea::kBytes + shift;
    } else if (bitmaps[place.depth].contains(address - shift)) {
      place.where = Where::bitmap;
      end = BitmapArea::kBase - 8 * BitmapArea::kGuard + bitmaps[place.depth].bytes() + shift;
    } else {
      return place;
    }
  }
  place.bytes = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, end - address));
  return place;
}

std::size_t World::left(std::uint64_t address, std::size_t bytes, bool write) const {
  for (const UserFault& f : {fault, other_fault})
    if ((write ? f.on_write : f.on_read) && address <= f.last && address + bytes > f.first)
      bytes = static_cast<std::size_t>(f.first - std::min(address, f.first));
  return bytes;
}

World::Place World::place_or_fault(std::uint64_t address, std::size_t bytes, bool write) const {
  Place place = this->place(address, bytes);
  place.bytes = left(address, place.bytes, write);
  return place;
}

void World::read(const Place& p, void* to, std::uint64_t from) const {
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
}

std::size_t World::copy_from_user(void* to, std::uint64_t from, std::size_t bytes) {
  const Place p = place_or_fault(from, bytes, false);
  read(p, to, from);
  // As the kernel's does.
  std::memset(static_cast<std::uint8_t*>(to) + p.bytes, 0, bytes - p.bytes);
  return bytes - p.bytes;
}

void World::peek(void* to, std::uint64_t from, std::size_t bytes) const {
  std::memset(to, 0, bytes);
  read(place(from, bytes), to, from);
}

std::size_t World::copy_to_user(std::uint64_t to, const void* from, std::size_t bytes) {
  const Place p = place_or_fault(to, bytes, true);
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
  if (answers_user && p.bytes && p.where != Where::bitmap) answers.push_back({to, to + p.bytes});
  return bytes - p.bytes;
}

std::optional<std::uint8_t> World::stored(std::uint64_t address) const {
  const Place p = place(address, 1);
  const std::uint64_t local = address - p.depth * kDepthStride;
  std::uint8_t byte = 0;
  const auto holds = [&](const Answered& a) { return address >= a.first && address < a.end; };
  if (p.where != Where::bitmap && std::ranges::none_of(answers, holds)) return std::nullopt;
  switch (p.where) {
    case Where::argument:
      return arguments[p.depth].bytes[local - ArgumentArea::kBase];
    case Where::bitmap: {
      const auto offset = static_cast<std::int64_t>(local - BitmapArea::kBase);
      if (!bitmaps[p.depth].written((offset + 8 * BitmapArea::kGuard) / 8 - BitmapArea::kGuard))
        return std::nullopt;
      bitmaps[p.depth].read(offset, &byte, 1);
      return byte;
    }
    case Where::ram:
      memory.read(address, &byte, 1);
      return byte;
    case Where::nowhere:
      break;
  }
  return std::nullopt;
}

bool World::access_ok(std::uint64_t address, std::uint64_t bytes) const {
  return bytes <= kUserLimit && address <= kUserLimit - bytes;
}

std::uint64_t World::pinnable_pages(std::uint64_t vaddr, std::uint64_t pages) const {
  if (vaddr < kRamFirst || vaddr > kRamLast) return 0;
  pages = host_run(vaddr / kPageBytes, std::min(pages, (kRamLast - vaddr) / kPageBytes + 1));
  const std::uint64_t first = vaddr / kPageBytes;
  for (const UserFault& f : {fault, other_fault}) {
    const bool faults = (f.on_write || f.on_pin) && f.last >= kRamFirst;
    const std::uint64_t bad = f.first / kPageBytes;
    if (faults && bad >= first && bad - first < pages) pages = bad - first;
  }
  return pages;
}

int World::pin_error(std::uint64_t vaddr) const {
  for (const UserFault& f : {fault, other_fault})
    if (f.on_pin && f.first / kPageBytes == vaddr / kPageBytes) return -EINTR;
  return -EFAULT;
}

}  // namespace tidemark
