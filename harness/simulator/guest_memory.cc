// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "guest_memory.h"

#include <algorithm>

namespace tidemark {

std::size_t GuestMemory::slot(std::uint64_t page) const {
  const std::size_t mask = table_.size() - 1;
  std::size_t i = (page * 0x9e3779b97f4a7c15u >> 40) & mask;
  while (table_[i] != kEmpty && numbers_[table_[i]] != page) i = (i + 1) & mask;
  return i;
}

void GuestMemory::clear() {
  for (const std::uint64_t page : numbers_) {
    // Emptying slots one by one breaks probe chains, but all of them go.
    const std::size_t mask = table_.size() - 1;
    std::size_t i = (page * 0x9e3779b97f4a7c15u >> 40) & mask;
    while (table_[i] != kEmpty) {
      table_[i] = kEmpty;
      i = (i + 1) & mask;
    }
  }
  numbers_.clear();
  news_.clear();
  is_news_.clear();
}

void GuestMemory::grow() {
  table_.assign(table_.size() * 2, kEmpty);
  for (std::uint32_t i = 0; i < numbers_.size(); ++i) table_[slot(numbers_[i])] = i;
}

const GuestMemory::PageData* GuestMemory::find(std::uint64_t page) const {
  const std::uint32_t index = table_[slot(page)];
  return index == kEmpty ? nullptr : &data_[index];
}

std::size_t GuestMemory::place(std::uint64_t page) {
  std::size_t i = slot(page);
  if (table_[i] != kEmpty) return table_[i];
  if ((numbers_.size() + 1) * 2 > table_.size()) {
    grow();
    i = slot(page);
  }
  const std::size_t index = numbers_.size();
  table_[i] = static_cast<std::uint32_t>(index);
  numbers_.push_back(page);
  is_news_.push_back(false);
  if (data_.size() <= index) data_.emplace_back();
  return index;
}

// The page, which somebody is about to write to.
GuestMemory::PageData& GuestMemory::written(std::uint64_t page) {
  const std::size_t known = numbers_.size();
  const std::size_t index = place(page);
  if (index == known) std::memset(data_[index].data(), 0, kPageBytes);
  if (!is_news_[index]) {
    is_news_[index] = true;
    news_.push_back(page);
  }
  return data_[index];
}

void GuestMemory::write(std::uint64_t address, const void* from, std::size_t bytes) {
  const auto* source = static_cast<const std::uint8_t*>(from);
  while (bytes) {
    const std::size_t offset = address % kPageBytes;
    const std::size_t part = std::min(bytes, kPageBytes - offset);
    std::memcpy(written(address / kPageBytes).data() + offset, source, part);
    address += part;
    source += part;
    bytes -= part;
  }
}

void GuestMemory::read(std::uint64_t address, void* to, std::size_t bytes) const {
  auto* target = static_cast<std::uint8_t*>(to);
  while (bytes) {
    const std::size_t offset = address % kPageBytes;
    const std::size_t part = std::min(bytes, kPageBytes - offset);
    if (const PageData* page = find(address / kPageBytes))
      std::memcpy(target, page->data() + offset, part);
    else
      std::memset(target, 0, part);
    address += part;
    target += part;
    bytes -= part;
  }
}

std::optional<std::uint64_t> GuestMemory::differing_page(GuestMemory& a, GuestMemory& b) {
  static constexpr PageData kZero = {};
  std::optional<std::uint64_t> differing;
  for (GuestMemory* memory : {&a, &b}) {
    for (const std::uint64_t page : memory->news_) {
      const PageData *in_a = a.find(page), *in_b = b.find(page);
      if ((in_a ? *in_a : kZero) != (in_b ? *in_b : kZero)) differing = page;
    }
    if (a.news_ == b.news_) break;
  }
  for (GuestMemory* memory : {&a, &b}) {
    for (const std::uint64_t page : memory->news_) memory->is_news_[memory->place(page)] = false;
    memory->news_.clear();
  }
  return differing;
}

}  // namespace tidemark
