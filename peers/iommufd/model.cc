// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model.h"

#include <algorithm>
#include <bit>
#include <cerrno>

namespace tidemark::iommufd {
namespace {

bool wraps(std::uint64_t first, std::uint64_t bytes) { return last_of(first, bytes) < first; }
bool aligned(std::uint64_t number, std::uint64_t to) { return (number & (to - 1)) == 0; }

}  // namespace

// --- Mappings ---

int Model::map(const Operation& map) {
  if (map.bytes == 0 || !aligned(map.bytes, kPage) || !aligned(map.iova, kPage)) return -EINVAL;
  if (wraps(map.iova, map.bytes)) return -EOVERFLOW;
  const std::uint64_t last = last_of(map.iova, map.bytes);
  if (last > last_) return -EINVAL;
  const auto behind = areas_.upper_bound(last);
  if (behind != areas_.begin() && std::prev(behind)->second.last >= map.iova) return -EEXIST;
  return 0;
}

void Model::mapped(const Operation& map, std::span<const Entry> entries) {
  areas_[map.iova] = {map.iova, last_of(map.iova, map.bytes)};
  entries_.insert(entry_at(map.iova), entries.begin(), entries.end());
}

// From the lowest on: what is gone when there is an error stays so.
int Model::unmap(const Operation& unmap) {
  if (unmap.bytes == 0) return -EINVAL;
  if (wraps(unmap.iova, unmap.bytes)) return -EOVERFLOW;
  const std::uint64_t last = last_of(unmap.iova, unmap.bytes);
  bool any = false;
  auto area = areas_.upper_bound(unmap.iova);
  if (area != areas_.begin() && std::prev(area)->second.last >= unmap.iova) --area;
  while (area != areas_.end() && area->second.first <= last) {
    const Area gone = area->second;
    if (gone.first < unmap.iova || gone.last > last) return -ENOENT;
    const auto first = entry_at(gone.first);
    auto end = first;
    while (end != entries_.end() && end->first <= gone.last) ++end;
    entries_.erase(first, end);
    area = areas_.erase(area);
    any = true;
  }
  return any ? 0 : -ENOENT;
}

Model::Entries::iterator Model::entry_at(std::uint64_t iova) {
  return std::ranges::lower_bound(entries_, iova, {}, &Entry::last);
}

// --- Marks ---

bool Model::write(std::uint64_t iova) {
  const auto entry = entry_at(iova);
  if (entry == entries_.end() || entry->first > iova || !entry->writable) return false;
  entry->dirty = entry->dirty || tracks_;
  return true;
}

bool Model::track(bool on) {
  if (on && !areas_.empty() && areas_.rbegin()->second.last == ~std::uint64_t{0} && ends_never())
    return false;
  if (on && (!tracks_ || has(Quirk::on_again))) {
    for (Entry& entry : entries_) {
      if (entry.dirty && tracks_) acted_.add(Quirk::on_again);
      entry.dirty = false;
    }
  }
  tracks_ = on;
  return true;
}

// --- Queries ---

int Model::check_query(const Operation& query) const {
  if (query.bytes == 0 && !has(Quirk::no_bytes)) return -EINVAL;
  if (wraps(query.iova, query.bytes)) return -EOVERFLOW;
  if (query.page_bytes == 0) return -EINVAL;
  if (!std::has_single_bit(query.page_bytes) && !has(Quirk::odd_page)) return -EINVAL;
  const std::uint64_t end = query.iova + query.bytes;
  for (const std::uint64_t bytes : {kPage, query.page_bytes})
    if (!aligned(query.iova, bytes) || !aligned(end, bytes)) return -EINVAL;
  return 0;
}

bool Model::covered(std::uint64_t first, std::uint64_t last) const {
  auto area = areas_.upper_bound(first);
  if (area == areas_.begin()) return false;
  for (--area; area != areas_.end() && area->second.first <= first; ++area) {
    if (area->second.last < first) return false;
    if (area->second.last >= last) return true;
    first = area->second.last + 1;
  }
  return false;
}

QueryResult Model::query(const Operation& query, UserMemory memory) {
  const int error = check_query(query);
  if (query.bytes == 0 && error != -EINVAL) acted_.add(Quirk::no_bytes);
  if (error) return {error, {}};
  if (!std::has_single_bit(query.page_bytes)) acted_.add(Quirk::odd_page);
  if (!tracks_) {
    if (!has(Quirk::off_is_silent) && !has(Quirk::off_is_walked)) return {-EINVAL, {}};
    acted_.add(has(Quirk::off_is_silent) ? Quirk::off_is_silent : Quirk::off_is_walked);
    if (has(Quirk::off_is_silent)) return {};
  }
  const std::uint64_t last = last_of(query.iova, query.bytes);
  if (!covered(query.iova, last)) {
    if (!has(Quirk::gap)) return {-EINVAL, {}};
    acted_.add(Quirk::gap);
  }
  UserBitmap bitmap(query, memory, quirks_);
  if (!has(Quirk::missing_memory) && !bitmap.there()) return {-EFAULT, {}};
  // Mapping by mapping, up to a gap.
  QueryResult result;
  std::uint64_t first = query.iova;
  auto area = areas_.upper_bound(first);
  if (area != areas_.begin()) --area;
  while (result.ends && area != areas_.end() && area->second.first <= first &&
         area->second.last >= first) {
    result.ends = walk(query, first, std::min(last, area->second.last), bitmap);
    if (area->second.last >= last) break;
    first = area->second.last + 1;
    ++area;
  }
  acted_.add(bitmap.acted());
  result.ends = result.ends && bitmap.ends();
  result.stored = bitmap.stored();
  return result;
}

bool Model::walk(const Operation& query, std::uint64_t first, std::uint64_t last,
                 UserBitmap& bitmap) {
  if (has(Quirk::shifted)) return walk_shifted(query, first, last, bitmap);
  for (auto entry = entry_at(first); entry != entries_.end() && entry->first <= last; ++entry)
    if (entry->dirty) report(query, *entry, part_of(*entry, first, last), bitmap);
  return true;
}

bool Model::any_dirty(std::uint64_t first, std::uint64_t last) {
  for (auto entry = entry_at(first); entry != entries_.end() && entry->first <= last; ++entry)
    if (entry->dirty) return true;
  return false;
}

// From wherever it begins, by the size of the entry that is there.
bool Model::walk_shifted(const Operation& query, std::uint64_t first, std::uint64_t last,
                         UserBitmap& bitmap) {
  if (entry_at(first)->first != first && any_dirty(first, last)) acted_.add(Quirk::shifted);
  do {
    Entry& entry = *entry_at(first);
    if (entry.dirty) report(query, entry, {first, entry.bytes}, bitmap);
    first += entry.bytes;
    if (first < entry.bytes) return !ends_never();
  } while (first < last);
  return true;
}

bool Model::ends_never() {
  if (has(Quirk::wraps)) acted_.add(Quirk::wraps);
  return has(Quirk::wraps);
}

// What of an entry is given to the bitmap, where [first, last] of its mapping is looked at.
Model::Part Model::part_of(const Entry& entry, std::uint64_t first, std::uint64_t last) {
  const bool before = entry.first < first;
  if (has(Quirk::last_item) && entry.item_bytes < entry.bytes) {
    const std::uint64_t from = std::max(entry.first, first), item = entry.item_bytes;
    const std::uint64_t end = std::min(entry.last() / item, last / item + 1);
    if (end == entry.last() / item) acted_.add(Quirk::last_item);
    return {from, (end - from / item) * item};
  }
  if (before && has(Quirk::slid)) {
    acted_.add(Quirk::slid);
    return {first, entry.bytes};
  }
  return {entry.first, entry.bytes};
}

void Model::report(const Operation& query, Entry& entry, Part part, UserBitmap& bitmap) {
  bitmap.set(part.first, part.bytes);
  if (query.no_clear) return;
  const bool whole = entry.first >= query.iova && entry.last() <= last_of(query.iova, query.bytes);
  if (!whole && !has(Quirk::cut_entry)) return;
  if (!whole) acted_.add(Quirk::cut_entry);
  if (part.bytes == 0) unflushed_ = true;
  entry.dirty = false;
}

}  // namespace tidemark::iommufd
