// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "migration.h"

#include <algorithm>

namespace tidemark {
namespace {

bool holds(const LiveMapping& mapping, std::uint64_t page) {
  const std::uint64_t address = page * GuestMemory::kPageBytes;
  return address >= mapping.vaddr && address - mapping.vaddr <= mapping.last - mapping.first;
}

}  // namespace

void Migration::reset() {
  running_ = false;
  destination_.clear();
}

void Migration::copy(const GuestMemory& memory, std::uint64_t page) {
  destination_.assign(page, *memory.find(page));
}

void Migration::start(const GuestMemory& memory) {
  running_ = true;
  destination_.clear();
  for (const std::uint64_t page : memory.pages()) copy(memory, page);
}

void Migration::copy_reported(const GuestMemory& memory, std::span<const LiveMapping> mappings,
                              const BitmapArea& bitmap, std::uint64_t first, std::uint64_t last,
                              std::uint64_t page_bytes) {
  if (!running_) return;
  for (const std::uint64_t page : memory.pages()) {
    for (const LiveMapping& mapping : mappings) {
      if (!holds(mapping, page)) continue;
      const std::uint64_t iova = mapping.first + (page * GuestMemory::kPageBytes - mapping.vaddr);
      if (iova < first || iova > last) continue;
      const std::uint64_t bit = iova / page_bytes - first / page_bytes;
      const auto word = static_cast<std::int64_t>(bit / 64);
      if (word < BitmapArea::kWords && bitmap.written(word) && bitmap.word(word) >> bit % 64 & 1)
        copy(memory, page);
    }
  }
}

void Migration::copy_mapping(const GuestMemory& memory, const LiveMapping& mapping) {
  if (!running_) return;
  for (const std::uint64_t page : memory.pages())
    if (holds(mapping, page)) copy(memory, page);
}

bool Migration::holds_any(const LiveMapping& mapping, const GuestMemory& memory) {
  return std::ranges::any_of(memory.pages(),
                             [&](std::uint64_t page) { return holds(mapping, page); });
}

std::optional<std::uint64_t> Migration::lost_page(const GuestMemory& memory) const {
  static constexpr GuestMemory::PageData kZero = {};
  for (const std::uint64_t page : memory.pages()) {
    const GuestMemory::PageData* copy = destination_.find(page);
    if (*memory.find(page) != (copy ? *copy : kZero)) return page;
  }
  return std::nullopt;
}

}  // namespace tidemark
