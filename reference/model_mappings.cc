// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is mapped: MAP_DMA and UNMAP_DMA after their arguments were decoded.
#include <algorithm>
#include <bit>
#include <cerrno>

#include "model.h"

namespace tidemark::reference {

namespace {

constexpr std::uint64_t kMostPages = (std::uint64_t{1} << 31) - 1;  // of P, in one mapping
constexpr std::uint64_t kMostMarks = std::uint64_t{1} << 33;        // of 4 KiB, in one mapping
constexpr int kNotifyingPasses = 11;

// D8: a group's own IOMMU maps whole pages of its smallest size, at `pfn` in the host.
bool iommu_accepts(const GroupKind& kind, const Mapping& run, std::uint64_t pfn) {
  const std::uint64_t smallest = std::uint64_t{1} << std::countr_zero(kind.pgsizes);
  const std::uint64_t unit = std::max(smallest, std::uint64_t{1} << kPageShift);
  const std::uint64_t pages = run.first | pfn | (run.end - run.first);
  return ((pages << kPageShift) & (unit - 1)) == 0;
}

}  // namespace

// D8, D10.
bool Model::lies_in_one(const Mapping& mapping, const std::vector<ByteRange>& ranges) {
  const std::uint64_t first = mapping.first << kPageShift;
  const std::uint64_t last = (mapping.end << kPageShift) - 1;  // modulo 2^64
  return std::any_of(ranges.begin(), ranges.end(), [&](const ByteRange& range) {
    return range.first <= first && last <= range.last;
  });
}

// ---- MAP_DMA

// R15, D10: the checks that need nothing but the state.
int Model::check_map(const Mapping& mapping) {
  if (overlaps_mapping({mapping.first, mapping.end})) return -EEXIST;
  if (dma_available() == 0) return -ENOSPC;
  if (has_range_list_ && !lies_in_one(mapping, ranges_)) return -EINVAL;
  return 0;
}

// D8, D10: the IOMMUs that map a run: that of `joining` or, if that is null, those of all
// hardware groups; in the order in which they are asked.
std::vector<const GroupKind*> Model::iommus_asked(const GroupKind* joining) {
  if (joining) return {joining};
  std::vector<const GroupKind*> kinds;
  for (const AttachedGroup& a : groups_) {
    if (a.group.kind.hardware) kinds.push_back(&a.group.kind);
  }
  return kinds;
}

// D8, D10: what they say to it.
int Model::iommus_map(const Mapping& run, const GroupKind* joining) {
  const std::uint64_t pfn = surroundings_.pfn_of(run.vaddr);
  for (const GroupKind* kind : iommus_asked(joining)) {
    if (!iommu_accepts(*kind, run, pfn)) return -EINVAL;
    if (iommu_maps_++ == surroundings_.failing_iommu_map()) return -ENOMEM;
  }
  return 0;
}

// D8, D10: what comes of a run whose pages are pinned, of a mapping up to `mapping_end`.
int Model::meet_iommus(const Mapping& run, Page /*mapping_end*/, const GroupKind* joining) {
  return iommus_map(run, joining);
}

// D8: could all of `mapping`, whose pages another group has locked already, be mapped
// by `joining`, run by run?
int Model::map_locked(const Mapping& mapping, const GroupKind& joining) {
  Mapping run = mapping;
  while (run.first < mapping.end) {
    const std::uint64_t pages = surroundings_.contiguous_pages(run.vaddr, mapping.end - run.first);
    run.end = run.first + pages;
    if (const int error = iommus_map(run, &joining)) return error;
    run.first = run.end;
    run.vaddr += pages << kPageShift;
  }
  return 0;
}

// D8: is the process gone whose pages are to be pinned?
bool Model::is_out_of_memorys_reach(const Mapping& mapping, const GroupKind* /*joining*/) {
  return surroundings_.is_gone(mapping.owner.process);
}

// D8, D10: so many pages of a run, which is pinned, have no device's pin.
int Model::account_run(const Mapping& run, std::uint64_t pages) { return account(run, pages); }

// D8, D10: could a run be pinned, accounted and mapped in hardware? It is accounted then.
int Model::lock_run(const Mapping& run, Page mapping_end, const GroupKind* joining) {
  // D11: pinned pages are accounted already.
  const std::uint64_t added = unpinned_pages({run.first, run.end});
  if (const int error = account_run(run, added)) return error;
  const int error = meet_iommus(run, mapping_end, joining);
  if (error) give_back(run, added);
  return error;
}

// D8, D10: all of `mapping`, run by run, or nothing of it.
int Model::lock_and_map(const Mapping& mapping, const GroupKind* joining) {
  Mapping run = mapping;
  int error = 0;
  while (run.first < mapping.end) {
    if (is_out_of_memorys_reach(mapping, joining)) {
      error = -ENODEV;
      break;
    }
    const std::uint64_t pages = surroundings_.pinnable_pages(run.vaddr, mapping.end - run.first);
    run.end = run.first + pages;
    error = pages == 0 ? surroundings_.pin_error(run.vaddr) : lock_run(run, mapping.end, joining);
    if (error) break;
    run.first = run.end;
    run.vaddr += pages << kPageShift;
  }
  if (error) {
    run.end = run.first;
    run.first = mapping.first;
    unlock(run);
  }
  return error;
}

// What was accounted of it for the hardware groups.
void Model::unlock(const Mapping& mapping) {
  give_back(mapping, unpinned_pages({mapping.first, mapping.end}));
}

// D4: may the mapping exist while tracking is on?
int Model::check_trackable(const Mapping& mapping) const {
  const std::uint64_t pages = mapping.end - mapping.first;
  const int shift = std::countr_zero(smallest_page()) - static_cast<int>(kPageShift);
  if (pages >> shift > kMostPages) return -EINVAL;
  return pages > kMostMarks ? -ENOMEM : 0;
}

// R7, R15: the new mapping starts clean. A failure leaves no trace.
int Model::insert_mapping(const Mapping& mapping) {
  iommu_maps_ = 0;
  if (const int error = check_map(mapping)) return error;
  if (!surroundings_.has_memory(MemoryPoint::mapping)) return -ENOMEM;
  if (hardware_mapped()) {
    if (const int error = lock_and_map(mapping, nullptr)) return error;
  }
  int error = tracking_ ? check_trackable(mapping) : 0;
  if (!error && tracking_ && !surroundings_.has_memory(MemoryPoint::map_marks)) error = -ENOMEM;
  if (!error) {
    mappings_.emplace(mapping.first, mapping);
  } else if (hardware_mapped()) {
    unlock(mapping);
  }
  return error;
}

// ---- UNMAP_DMA

// R14, D6: what must hold at the start, and again after every callback.
int Model::check_unmap(const Unmap& unmap) const {
  if (unmap.with_bitmap && (!tracking_ || unmap.bitmap_pgsize != smallest_page())) return -EINVAL;
  if (!aligned(unmap.iova | unmap.size)) return -EINVAL;
  const bool may_cut = unmap.all || settings_.type == VFIO_TYPE1_IOMMU;
  return !may_cut && cuts_mapping(unmap.range) ? -EINVAL : 0;
}

// D6: gives the devices eleven chances to unpin what is in the range.
int Model::take_back_pins(const Unmap& unmap) {
  for (int pass = 0; !first_run(pins_, unmap.range).empty(); ++pass) {
    if (pass == kNotifyingPasses) return -EBUSY;  // B8
    if (const int error = notify_pinned_mappings(unmap)) return error;
  }
  return 0;
}

// The first mapping that begins in `range` and holds a pin, or null.
const Mapping* Model::next_pinned_mapping(PageRange range) const {
  for (auto it = mappings_.lower_bound(range.first); it != mappings_.end(); ++it) {
    const Mapping& mapping = it->second;
    if (mapping.first >= range.end) break;
    if (!first_run(pins_, {mapping.first, mapping.end}).empty()) return &mapping;
  }
  return nullptr;
}

// D6: one pass. A callback may change everything, so nothing but a copy is kept
// across it, and everything is checked again after it (B6).
int Model::notify_pinned_mappings(const Unmap& unmap) {
  PageRange left = unmap.range;
  while (const Mapping* found = next_pinned_mapping(left)) {
    const Mapping mapping = *found;
    notify(mapping);
    if (const int error = check_unmap(unmap)) return error;
    left.first = mapping.end;
  }
  return 0;
}

// D6: newest registration first. Devices that register meanwhile have higher
// serials than the first one asked, and those that leave are no longer found.
void Model::notify(const Mapping& mapping) {
  const std::uint64_t iova = mapping.first << kPageShift;
  const std::uint64_t bytes = (mapping.end - mapping.first) << kPageShift;
  std::uint64_t serial = next_serial_;
  while (const Registration* registration = newest_before(serial)) {
    serial = registration->serial;
    surroundings_.dma_unmap(registration->device, iova, bytes);
  }
}

// R14: the mappings whose first page is in the result are the ones that go.
PageRange Model::unmapped_by(const Unmap& unmap) const {
  if (settings_.type != VFIO_TYPE1_IOMMU) return unmap.range;
  const Mapping* begins_in = mapping_at(unmap.range.first);
  const bool from_the_middle = begins_in && begins_in->first < unmap.range.first;
  return from_the_middle ? PageRange{} : unmap.range;
}

// Bytes of the mappings whose first page is in `range`, modulo 2^64 (D18).
std::uint64_t Model::bytes_mapped_in(PageRange range) const {
  std::uint64_t bytes = 0;
  for (auto it = mappings_.lower_bound(range.first); it != mappings_.end() && it->first < range.end;
       ++it) {
    bytes += (it->second.end - it->second.first) << kPageShift;
  }
  return bytes;
}

// R7: the marks go with the mapping.
void Model::remove_mappings(PageRange range) {
  auto it = mappings_.lower_bound(range.first);
  while (it != mappings_.end() && it->first < range.end) {
    remove(marks_, {it->second.first, it->second.end});
    if (hardware_mapped()) unlock(it->second);
    it = mappings_.erase(it);
  }
}

}  // namespace tidemark::reference
