// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "naive_model.h"

#include <cerrno>

namespace tidemark::reference {

bool NaiveModel::is_mapped(std::uint64_t page) const { return mapped().count(page) == 1; }

NaiveModel::Pages NaiveModel::mapped() const {
  Pages pages;
  for (const Range& m : mappings_) {
    for (std::uint64_t page = m.first; page < m.end; ++page) pages.insert(page);
  }
  return pages;
}

bool NaiveModel::is_dirty(std::uint64_t page) const {
  if (!is_mapped(page)) return false;
  if (marks_.count(page) == 1 || pins_.count(page) == 1) return true;  // R3
  for (const auto& [group, has_pinned] : hardware_) {
    if (!has_pinned) return true;  // R5
  }
  return false;
}

NaiveModel::Pages NaiveModel::dirty() const {
  Pages pages;
  for (const std::uint64_t page : mapped()) {
    if (tracking_ && is_dirty(page)) pages.insert(page);
  }
  return pages;
}

// A mapping with pages both inside and outside.
bool NaiveModel::any_cut_by(std::uint64_t first, std::uint64_t end) const {
  for (const Range& m : mappings_) {
    bool inside = false;
    bool outside = false;
    for (std::uint64_t page = m.first; page < m.end; ++page) {
      (first <= page && page < end ? inside : outside) = true;
    }
    if (inside && outside) return true;
  }
  return false;
}

// R7, R15.
int NaiveModel::map(std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t page = first; page < end; ++page) {
    if (is_mapped(page)) return -EEXIST;
  }
  mappings_.push_back({first, end});
  return 0;
}

// R7, R14.
int NaiveModel::unmap(std::uint64_t first, std::uint64_t end, std::uint64_t& unmapped_pages) {
  if (any_cut_by(first, end)) return -EINVAL;
  unmapped_pages = 0;
  for (std::uint64_t page = first; page < end; ++page) {
    unmapped_pages += is_mapped(page) ? 1 : 0;
    marks_.erase(page);
    pins_.erase(page);
  }
  std::vector<Range> left;
  for (const Range& m : mappings_) {
    if (m.end <= first || m.first >= end) left.push_back(m);
  }
  mappings_ = left;
  return 0;
}

// R1.
int NaiveModel::start() {
  if (!tracking_) marks_.clear();
  tracking_ = true;
  return 0;
}

// R2.
int NaiveModel::stop() {
  tracking_ = false;
  marks_.clear();
  return 0;
}

// R8, R10.
int NaiveModel::query(std::uint64_t first, std::uint64_t end, Pages& dirty) {
  if (!tracking_) return -EINVAL;
  bool is_one_mapping = false;
  for (const Range& m : mappings_) is_one_mapping |= m.first == first && m.end == end;
  if (rule_ == RangeRule::exact && !is_one_mapping) return -EINVAL;
  if (rule_ == RangeRule::whole && any_cut_by(first, end)) return -EINVAL;
  dirty.clear();
  for (std::uint64_t page = first; page < end; ++page) {
    if (is_dirty(page)) dirty.insert(page);
    marks_.erase(page);
  }
  return 0;
}

// R3, R5, R9, B12.
int NaiveModel::pin(int group, std::uint64_t first, std::uint64_t end) {
  if (group != kEmulated && hardware_.count(group) == 0) return -EINVAL;
  for (std::uint64_t page = first; page < end; ++page) {
    if (!is_mapped(page)) {
      for (std::uint64_t undo = first; undo < page; ++undo) unpin_one(undo);
      return -EINVAL;
    }
    ++pins_[page];
    if (tracking_) marks_.insert(page);
  }
  if (group != kEmulated && !hardware_[group]) {
    hardware_[group] = true;
    mark_everything();
  }
  return static_cast<int>(end - first);
}

// R3: reported once more after the last unpin.
void NaiveModel::unpin_one(std::uint64_t page) {
  if (pins_.count(page) == 0) return;
  if (--pins_[page] > 0) return;
  pins_.erase(page);
  if (tracking_) marks_.insert(page);
}

void NaiveModel::unpin(std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t page = first; page < end && is_mapped(page); ++page) unpin_one(page);
}

// R4: a hole ends it, the marks before the hole stay.
int NaiveModel::write(std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t page = first; page < end; ++page) {
    if (!is_mapped(page)) return -EINVAL;
    if (tracking_) marks_.insert(page);
  }
  return 0;
}

int NaiveModel::attach_hardware(int group) {
  if (group == kEmulated || hardware_.count(group) == 1) return -EINVAL;
  hardware_[group] = false;
  return 0;
}

// R6.
void NaiveModel::detach_hardware(int group) {
  if (hardware_.count(group) == 0) return;
  const bool had_pinned = hardware_[group];
  hardware_.erase(group);
  if (!had_pinned) mark_everything();
}

void NaiveModel::mark_everything() {
  if (!tracking_) return;
  for (const std::uint64_t page : mapped()) marks_.insert(page);
}

// R16.
std::uint64_t NaiveModel::locked() const {
  return hardware_.empty() ? pins_.size() : mapped().size();
}

}  // namespace tidemark::reference
