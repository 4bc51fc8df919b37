// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "host_layout.h"

#include <algorithm>
#include <bit>

namespace tidemark {
namespace {

constexpr std::uint64_t kFirst = kRamFirst / kPageBytes;
constexpr std::uint64_t kPages = kRamLast / kPageBytes - kFirst + 1;

// Below, pages are counted from the start of memory.
constexpr std::uint64_t kBlocks = 128;  // in each zone
struct Zone {
  std::uint64_t first;   // page
  unsigned block_shift;  // blocks of 2^block_shift pages
  constexpr std::uint64_t block() const { return std::uint64_t{1} << block_shift; }
  constexpr std::uint64_t end() const { return first + (kBlocks << block_shift); }
};
// 2 MiB, 64, 16, 8 and 4 KiB. Largest first, so that each is aligned to its blocks.
constexpr std::array<Zone, FreshMemory::kZones> kHostZones = {
    {{0, 9}, {0x10000, 4}, {0x10800, 2}, {0x10a00, 1}, {0x10b00, 0}}};
constexpr std::uint64_t kZonesEnd = kHostZones.back().end();
// A power of two; twice as much as the largest pages that all blocks behind are made of.
constexpr std::uint64_t kBehind = 0x20000;
static_assert(kZonesEnd <= kBehind);

// Block i of a zone is its i * kStep-th in the host, and the other way round.
constexpr std::uint64_t kStep = 5, kStepBack = 77;
static_assert(kStep * kStepBack % kBlocks == 1);

struct Block {
  std::uint64_t first, pages, other;  // `other` is where it begins on the other side
};

// What lies between the zones and kBehind follows each other, but one page further
// on in the host, where no larger page begins; the last one comes first.
Block moved_block_of(std::uint64_t page, bool to_host) {
  const std::uint64_t first = kZonesEnd + !to_host, pages = kBehind - kZonesEnd - 1;
  if (page - first < pages) return {first, pages, kZonesEnd + to_host};
  return to_host ? Block{kBehind - 1, 1, kZonesEnd} : Block{kZonesEnd, 1, kBehind - 1};
}

Block block_of(std::uint64_t page, std::uint64_t step) {
  for (const Zone& zone : kHostZones) {
    if (page >= zone.end()) continue;
    const std::uint64_t i = (page - zone.first) >> zone.block_shift;
    return {zone.first + (i << zone.block_shift), zone.block(),
            zone.first + (i * step % kBlocks << zone.block_shift)};
  }
  if (page < kBehind) return moved_block_of(page, step == kStep);
  // The two halves of what lies between two powers of two change places.
  const std::uint64_t half = std::bit_floor(page) / 2, first = page & ~(half - 1);
  return {first, half, first ^ half};
}

std::uint64_t pages_of(std::uint64_t bytes) {
  return bytes / kPageBytes + (bytes % kPageBytes != 0);
}

std::uint64_t other_page(std::uint64_t page, std::uint64_t step) {
  if (page - kFirst >= kPages) return page;
  const Block block = block_of(page - kFirst, step);
  return kFirst + block.other + (page - kFirst - block.first);
}

}  // namespace

std::uint64_t host_page_of(std::uint64_t user_page) { return other_page(user_page, kStep); }

std::uint64_t user_page_of(std::uint64_t host_page) { return other_page(host_page, kStepBack); }

std::uint64_t host_run(std::uint64_t user_page, std::uint64_t pages) {
  if (user_page - kFirst >= kPages) return pages;
  const Block block = block_of(user_page - kFirst, kStep);
  return std::min(pages, block.first + block.pages - (user_page - kFirst));
}

void FreshMemory::reset() {
  for (unsigned i = 0; i < kZones; ++i) next_[i] = kHostZones[i].first;
  next_[kZones] = kBehind;
}

FreshMemory::Found FreshMemory::find(std::uint64_t pages, std::uint64_t page_bytes) const {
  std::uint64_t unit = page_bytes / kPageBytes;
  if (pages % unit != 0) unit = 1;
  for (unsigned i = 0; i < kZones; ++i) {
    const Zone& zone = kHostZones[i];
    const bool divides = pages % zone.block() == 0 && zone.block() % unit == 0;
    if (divides && pages <= zone.end() - next_[i]) return {i, next_[i]};
  }
  // Of what begins at twice its size, all blocks are multiples of it.
  const std::uint64_t from = std::max(next_[kZones], 2 * unit);
  return {kZones, (from + unit - 1) / unit * unit};
}

std::uint64_t FreshMemory::next(std::uint64_t bytes, std::uint64_t page_bytes) const {
  return (kFirst + find(pages_of(bytes), page_bytes).page) * kPageBytes;
}

void FreshMemory::take(std::uint64_t bytes, std::uint64_t page_bytes) {
  const std::uint64_t pages = pages_of(bytes);
  const Found found = find(pages, page_bytes);
  std::uint64_t& next = next_[found.zone];
  next = found.page + pages;
  if (found.zone < kZones) return;
  const std::uint64_t block = kHostZones[0].block();
  next = next < kPages ? (next + block - 1) / block * block : kBehind;
}

}  // namespace tidemark
