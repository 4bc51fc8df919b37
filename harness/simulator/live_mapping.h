// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Mappings as their user knows them: by age, and by IOVA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>

#include "guest_memory.h"

namespace tidemark {

struct LiveMapping {
  std::uint64_t first = 0, last = 0;  // bytes, inclusive
  std::uint64_t vaddr = 0;
  bool readable = false, writable = false;

  // Of pages of user memory, by number.
  bool holds(std::uint64_t page) const {
    const std::uint64_t address = page * GuestMemory::kPageBytes;
    return address >= vaddr && address - vaddr <= last - first;
  }
  std::uint64_t iova_of(std::uint64_t page) const {
    return first + (page * GuestMemory::kPageBytes - vaddr);
  }
  std::uint64_t page_at(std::uint64_t iova) const {
    return (vaddr + (iova - first)) / GuestMemory::kPageBytes;
  }
  // Calls `visit(page)` for those that were ever written. O(the fewer of all that were, and
  // the pages of the mapping).
  template <class Visit>
  void each_written(const GuestMemory& memory, Visit visit) const {
    const std::uint64_t pages = (last - first) / GuestMemory::kPageBytes + 1;
    if (pages > memory.pages().size()) {
      for (const std::uint64_t page : memory.pages())
        if (holds(page)) visit(page);
      return;
    }
    const std::uint64_t from = (vaddr + GuestMemory::kPageBytes - 1) / GuestMemory::kPageBytes;
    for (std::uint64_t page = from; page < from + pages && holds(page); ++page)
      if (memory.find(page)) visit(page);
  }
};

// All that there are. What says nothing else is O(log size).
class LiveMappings {
 public:
  void add(const LiveMapping& mapping) {
    by_first_.emplace(mapping.first, ++age_);
    by_age_.emplace_hint(by_age_.end(), age_, mapping);
  }
  void clear() {
    by_first_.clear();
    by_age_.clear();
  }
  // Those that begin in [first, last]. O(log size) for each of them.
  void erase(std::uint64_t first, std::uint64_t last) {
    const auto begin = by_first_.lower_bound(first), end = by_first_.upper_bound(last);
    for (auto at = begin; at != end; ++at) by_age_.erase(at->second);
    by_first_.erase(begin, end);
  }

  bool empty() const { return by_age_.empty(); }
  std::size_t size() const { return by_age_.size(); }
  // The oldest first.
  const std::map<std::uint64_t, LiveMapping>& by_age() const { return by_age_; }

  // The index-th newest, from 0; `index` is less than size(). O(index).
  const LiveMapping& newest(std::size_t index) const {
    return std::next(by_age_.rbegin(), static_cast<std::ptrdiff_t>(index))->second;
  }
  // Null if there is none. No two overlap.
  const LiveMapping* at(std::uint64_t iova) const {
    const auto above = by_first_.upper_bound(iova);
    if (above == by_first_.begin()) return nullptr;
    const LiveMapping& mapping = by_age_.at(std::prev(above)->second);
    return iova <= mapping.last ? &mapping : nullptr;
  }
  // Calls `visit(mapping)` for those with a byte in [first, last], in the order of IOVA.
  // O(log size) for each.
  template <class Visit>
  void each_in(std::uint64_t first, std::uint64_t last, Visit visit) const {
    auto at = by_first_.upper_bound(first);
    if (at != by_first_.begin() && by_age_.at(std::prev(at)->second).last >= first) --at;
    for (; at != by_first_.end() && at->first <= last; ++at) visit(by_age_.at(at->second));
  }

 private:
  std::uint64_t age_ = 0;
  std::map<std::uint64_t, LiveMapping> by_age_;
  // Where they begin, and the key there. A tracker that is wrong may take one twice.
  std::multimap<std::uint64_t, std::uint64_t> by_first_;
};

}  // namespace tidemark
