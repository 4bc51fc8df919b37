// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which pages Linux has for dirty, and how it reports them.
#include <algorithm>
#include <bit>
#include <cerrno>

#include "linux_model.h"

namespace tidemark::reference {

// D3: what does not fill a page of P is dropped.
std::uint64_t LinuxModel::bits_of(const Mapping& mapping) const {
  const std::uint64_t pages = mapping.end - mapping.first;
  if (quirks_.has(Quirk::cut_by_large_pages)) return pages >> shift_;
  return ((pages - 1) >> shift_) + 1;
}

void LinuxModel::add_bitmap(const Mapping& mapping) {
  bitmaps_[mapping.first];
  const std::uint64_t unit = smallest_page() >> kPageShift;
  if (unit == 1) return;
  seen_->add(Quirk::large_pages_marks);
  if ((mapping.first | mapping.end) & (unit - 1)) seen_->add(Quirk::cut_by_large_pages);
}

int LinuxModel::start_tracking() {
  if (tracking_) return 0;
  if (const int error = Model::start_tracking()) return error;
  bitmaps_.clear();
  const int shift = std::countr_zero(smallest_page()) - static_cast<int>(kPageShift);
  shift_ = quirks_.has(Quirk::large_pages_marks) ? static_cast<unsigned>(shift) : 0;
  for (const auto& [first, mapping] : mappings_) {
    add_bitmap(mapping);
    mark_pins(mapping);
  }
  return 0;
}

void LinuxModel::stop_tracking() {
  Model::stop_tracking();
  bitmaps_.clear();
}

const PageSet& LinuxModel::marks() const {
  shown_marks_.clear();
  for (const auto& entry : bitmaps_) {
    const Mapping& mapping = mappings_.find(entry.first)->second;
    for_each_run(entry.second.bits(), {0, bits_of(mapping)}, [&](PageRange run, const auto&) {
      const Page end = std::min(mapping.first + (run.end << shift_), mapping.end);
      add(shown_marks_, {mapping.first + (run.first << shift_), end});
    });
  }
  return shown_marks_;
}

// D1: of a range in one mapping, or that begins in one.
void LinuxModel::mark(PageRange range) {
  const Mapping* mapping = tracking_ && !range.empty() ? mapping_at(range.first) : nullptr;
  if (!mapping) return;
  const Page first = range.first - mapping->first, last = range.end - 1 - mapping->first;
  bitmaps_[mapping->first].set(first >> shift_, (last >> shift_) + 1);
}

// Not what is pinned already: its mark may be gone.
void LinuxModel::mark_pinned(PageRange pinned, const std::vector<Page>& newly_pinned) {
  for (const Page page : newly_pinned) {
    if (page < pinned.end) mark({page, page + 1});
  }
}

void LinuxModel::mark_all_mapped() {
  if (!tracking_) return;
  for (const auto& [first, mapping] : mappings_) bitmaps_[first].set(0, bits_of(mapping));
}

void LinuxModel::mark_pins(const Mapping& mapping) {
  LinuxBitmap& bitmap = bitmaps_[mapping.first];
  const auto mark_page = [&](Page page) {
    bitmap.set((page - mapping.first) >> shift_, ((page - mapping.first) >> shift_) + 1);
  };
  for_each_run(pins_, {mapping.first, mapping.end}, [&](PageRange run, const auto&) {
    for (Page page = run.first; page < run.end; ++page) mark_page(page);
  });
  for (const UnalignedPin& pin : unaligned_) {
    if (pin.mapping == mapping.first) mark_page(pin.iova >> kPageShift);
  }
}

// R5, B12: that a group writes unseen is a property of the moment of the query.
bool LinuxModel::report(const Mapping& mapping, Page base, std::uint64_t bitmap_address) {
  LinuxBitmap& bitmap = bitmaps_[mapping.first];
  if (someone_writes_unseen()) bitmap.set(0, bits_of(mapping));
  const std::uint64_t offset = (mapping.first - base) >> shift_;
  return bitmap.report({bitmap_address, offset, bits_of(mapping)}, quirks_, surroundings_, *seen_);
}

// What was shifted beyond the last bit stays.
void LinuxModel::clean_mapping(const Mapping& mapping) {
  bitmaps_[mapping.first].clear(0, bits_of(mapping));
  mark_pins(mapping);
}

bool LinuxModel::range_rule_allows(PageRange range) {
  const bool asked = Model::range_rule_allows(range), whole = !cuts_mapping(range);
  return differs(Quirk::range_rule, asked != whole) ? whole : asked;
}

// B1: mapping by mapping, and each is clean before the next one is reported.
int LinuxModel::query(PageRange range, std::uint64_t bitmap_address) {
  if (!tracking_ || !range_rule_allows(range)) return -EINVAL;
  if (range.end == kPageLimit && differs(Quirk::top, true)) return -EINVAL;
  const bool keeps = quirks_.has(Quirk::failed_copy);
  const auto before = keeps ? std::map<Page, LinuxBitmap>() : bitmaps_;
  for (auto it = mappings_.lower_bound(range.first); it != mappings_.end(); ++it) {
    if (it->first >= range.end) break;
    if (!report(it->second, range.first, bitmap_address)) {
      if (!keeps) bitmaps_ = before;
      return -EFAULT;
    }
    clean_mapping(it->second);
  }
  return 0;
}

// Of an unmap that asks for nothing but the contract.
bool LinuxModel::store_dirty(PageRange range, std::uint64_t bitmap_address) {
  for (auto it = mappings_.lower_bound(range.first); it != mappings_.end(); ++it) {
    if (it->first >= range.end) break;
    if (!report(it->second, range.first, bitmap_address)) return false;
  }
  return true;
}

}  // namespace tidemark::reference
