// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Linux's ioctls, where they are not the contract's.
#include <linux/vfio.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "linux_model.h"

namespace tidemark::reference {

namespace {

constexpr int kMostPasses = 12;  // over one mapping; Linux dies of it (B8)

// Of capabilities: where that of the ranges would follow on DMA_AVAIL, and where DMA_AVAIL
// says where it is.
constexpr std::ptrdiff_t kAvailEnd = 32 + 12;
constexpr std::size_t kAvailNext = 32 + 4;
constexpr unsigned char kGap = 4;

}  // namespace

// ---- Extensions and GET_INFO

int LinuxModel::check_extension(std::uint64_t number) {
  const bool emulated = std::any_of(groups_.begin(), groups_.end(),
                                    [](const AttachedGroup& a) { return !a.group.kind.hardware; });
  if (number == VFIO_TYPE1_NESTING_IOMMU && differs(Quirk::nesting, true)) return 1;
  const bool updates = number == VFIO_UPDATE_VADDR && !emulated;
  return updates && differs(Quirk::other_extensions, true) ? 1 : Model::check_extension(number);
}

std::size_t LinuxModel::info_bytes(std::uint32_t argsz) {
  const std::size_t asked = Model::info_bytes(argsz);
  const std::size_t room = std::min<std::size_t>(argsz, sizeof(vfio_iommu_type1_info));
  return differs(Quirk::info_bytes, asked != room) ? room : asked;
}

std::vector<unsigned char> LinuxModel::info_capabilities() {
  std::vector<unsigned char> chain = Model::info_capabilities();
  if (!differs(Quirk::info_gaps, true)) return chain;
  chain.insert(chain.begin() + kAvailEnd, kGap, 0);
  if (chain[kAvailNext] != 0) chain[kAvailNext] += kGap;
  return chain;
}

// ---- MAP_DMA

int LinuxModel::check_numbers(std::uint64_t first, std::uint64_t bytes) {
  const int error = Model::check_numbers(first, bytes);
  return error && bytes != 0 && differs(Quirk::overflow, true) ? -EOVERFLOW : error;
}

int LinuxModel::check_numbers(const Unmap& unmap) {
  const bool is_aligned = unmap.all || aligned(unmap.iova | unmap.size);
  return is_aligned ? Model::check_numbers(unmap) : -EINVAL;
}

// R15: before what the flags say, and before a warning.
int LinuxModel::check_first(const vfio_iommu_type1_dma_map& map) {
  const int of_iova = Model::check_numbers(map.iova, map.size);
  const int of_vaddr = Model::check_numbers(map.vaddr, map.size);
  if (!differs(Quirk::overflow, of_iova || of_vaddr) || !(of_iova || of_vaddr)) return 0;
  return map.size == 0 ? -EINVAL : -EOVERFLOW;
}

int LinuxModel::map_dma(std::uint64_t argument) {
  vfio_iommu_type1_dma_map map = {};
  if (!surroundings_.copy_from_user(&map, argument, sizeof map)) return -EFAULT;
  constexpr std::uint32_t kRights = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
  const bool valid = map.argsz >= sizeof map;
  const bool with_vaddr = map.flags == VFIO_DMA_MAP_FLAG_VADDR && quirks_.has(Quirk::vaddr_flags);
  const bool with_rights = map.flags != 0 && (map.flags & ~kRights) == 0;
  if (valid && (with_vaddr || (map.flags & ~kRights) == 0)) {
    if (const int error = check_first(map)) return error;
  }
  if (valid && (with_vaddr || with_rights) && has_large_pages()) {
    warn(Quirk::large_pages_warn, "vfio_dma_do_map");
  }
  return valid && with_vaddr ? make_valid(map) : Model::map_dma(argument);
}

// R15: a new user address for what has none.
int LinuxModel::make_valid(const vfio_iommu_type1_dma_map& map) {
  if (map.size == 0 || !aligned(map.size | map.iova | map.vaddr)) return -EINVAL;
  if (map.iova + (map.size - 1) < map.iova || map.vaddr + (map.size - 1) < map.vaddr) {
    return -EINVAL;
  }
  seen_->add(Quirk::vaddr_flags);
  const PageRange range = {map.iova >> kPageShift, (map.iova + (map.size - 1)) >> kPageShift};
  if (!overlaps_mapping({range.first, range.end + 1})) return -ENOENT;
  const auto found = mappings_.find(range.first);
  if (found == mappings_.end() || found->second.end != range.end + 1) return -EINVAL;
  if (!invalid_.contains(range.first)) return -EINVAL;
  if (const int error = change_owner(found->second)) return error;
  found->second.vaddr = map.vaddr;
  invalid_.erase(range.first);
  return 0;
}

// B4.
bool LinuxModel::overlaps_mapping(PageRange range) {
  const bool overlaps = Model::overlaps_mapping(range);
  if (range.end == kPageLimit && differs(Quirk::top, overlaps)) return false;
  return overlaps;
}

int LinuxModel::insert_mapping(const Mapping& mapping) {
  // What is mapped there already stays as it is.
  const auto [locked, is_new] = locked_of_.emplace(mapping.first, 0);
  const int error = Model::insert_mapping(mapping);
  if (error && is_new) locked_of_.erase(locked);
  if (!error && tracking_) add_bitmap(mapping);
  return error;
}

void LinuxModel::remove_mappings(PageRange range) {
  for (auto it = mappings_.lower_bound(range.first); it != mappings_.end(); ++it) {
    const Page first = it->first;
    if (first >= range.end) break;
    bitmaps_.erase(first);
    invalid_.erase(first);
    std::erase_if(unaligned_, [&](const UnalignedPin& pin) { return pin.mapping == first; });
  }
  Model::remove_mappings(range);
  locked_of_.erase(locked_of_.lower_bound(range.first), locked_of_.lower_bound(range.end));
}

// ---- UNMAP_DMA

int LinuxModel::unmap_dma(std::uint64_t argument) {
  vfio_iommu_type1_dma_unmap header = {};
  if (!surroundings_.copy_from_user(&header, argument, sizeof header)) return -EFAULT;
  constexpr std::uint32_t kVaddr = VFIO_DMA_UNMAP_FLAG_VADDR;
  const bool invalidates = header.argsz >= sizeof header && (header.flags & kVaddr) != 0 &&
                           (header.flags & ~(kVaddr | VFIO_DMA_UNMAP_FLAG_ALL)) == 0;
  if (!invalidates || !quirks_.has(Quirk::vaddr_flags)) return Model::unmap_dma(argument);
  if (const int error = make_invalid(header)) return error;
  return surroundings_.copy_to_user(argument, &header, sizeof header) ? 0 : -EFAULT;
}

// R14: nothing is unmapped; what would be has no user address from now on.
int LinuxModel::make_invalid(vfio_iommu_type1_dma_unmap& header) {
  seen_->add(Quirk::vaddr_flags);
  Unmap unmap;
  unmap.iova = header.iova;
  unmap.size = header.size;
  unmap.all = (header.flags & VFIO_DMA_UNMAP_FLAG_ALL) != 0;
  const bool emulated = std::any_of(groups_.begin(), groups_.end(),
                                    [](const AttachedGroup& a) { return !a.group.kind.hardware; });
  if (emulated) return -EBUSY;
  if (const int error = check_numbers(unmap)) return error;
  if (!aligned(unmap.iova | unmap.size)) return -EINVAL;
  if (has_large_pages()) warn(Quirk::large_pages_warn, "vfio_dma_do_unmap");
  const Page first = unmap.iova >> kPageShift;
  unmap.range = unmap.all ? kAllPages : PageRange{first, first + (unmap.size >> kPageShift)};
  if (const int error = check_unmap(unmap)) return error;
  std::set<Page> found;
  header.size = 0;
  const Mapping* mapping = first_to_unmap(unmap);
  for (auto it = mapping ? mappings_.find(mapping->first) : mappings_.end();
       it != mappings_.end() && it->first < unmap.range.end; ++it) {
    if (invalid_.contains(it->first)) return -EINVAL;
    found.insert(it->first);
    header.size += (it->second.end - it->second.first) << kPageShift;
  }
  invalid_.merge(found);
  return 0;
}

// Null if there is none. Of type 1, a mapping that begins before the range ends it (R14).
const Mapping* LinuxModel::first_to_unmap(const Unmap& unmap) const {
  if (!unmap.all && unmap.range.end == kPageLimit && quirks_.has(Quirk::top)) return nullptr;
  if (const Mapping* cut = mapping_at(unmap.range.first); cut && cut->first < unmap.range.first) {
    return nullptr;
  }
  const auto found = mappings_.lower_bound(unmap.range.first);
  if (found == mappings_.end() || found->first >= unmap.range.end) return nullptr;
  return &found->second;
}

// D6, D7: mapping by mapping, from the first one again after each round of callbacks.
int LinuxModel::unmap_one_by_one(const Unmap& unmap, std::uint64_t& bytes) {
  const bool may_cut = unmap.all || settings_.type == VFIO_TYPE1_IOMMU;
  Page notified = kPageLimit;
  int passes = 0;
  for (bool first = true;; first = false) {
    if (!may_cut && cuts_mapping(unmap.range)) {
      if (!first) seen_->add(Quirk::unchecked_window);
      return first ? -EINVAL : 0;
    }
    const Mapping* mapping = first_to_unmap(unmap);
    for (; mapping && !has_pins(*mapping); mapping = first_to_unmap(unmap)) {
      if (unmap.with_bitmap && !report(*mapping, unmap.range.first, unmap.bitmap_address)) {
        seen_->add(Quirk::failed_unmap);
        return -EFAULT;
      }
      bytes += (mapping->end - mapping->first) << kPageShift;
      remove_mappings({mapping->first, mapping->first + 1});
    }
    if (!mapping) return 0;
    seen_->add(Quirk::several_mappings);
    passes = mapping->first == notified ? passes + 1 : 1;
    if (passes == kMostPasses) stop_with(Stop::bug);
    if (calls_back_) stop_with(Stop::deadlock);
    if (stop_ != Stop::none) return -EBUSY;
    notified = mapping->first;
    call_back(*mapping);
  }
}

void LinuxModel::call_back(const Mapping& mapping) {
  const Mapping copy = mapping;  // which may go
  calls_back_ = true;
  notify(copy);
  calls_back_ = false;
}

int LinuxModel::unmap(const Unmap& unmap, vfio_iommu_type1_dma_unmap& header,
                      std::uint64_t argument) {
  if (unmap.with_bitmap && (!tracking_ || unmap.bitmap_pgsize != smallest_page())) return -EINVAL;
  if (!aligned(unmap.iova | unmap.size)) return -EINVAL;
  if (has_large_pages()) warn(Quirk::large_pages_warn, "vfio_dma_do_unmap");
  for (const Quirk quirk :
       {Quirk::several_mappings, Quirk::failed_unmap, Quirk::unchecked_window}) {
    if (!quirks_.has(quirk)) return Model::unmap(unmap, header, argument);
  }
  if (unmap.range.end == kPageLimit && !unmap.all) seen_->add(Quirk::top);
  std::uint64_t bytes = 0;
  if (const int error = unmap_one_by_one(unmap, bytes)) return error;
  header.size = bytes;
  if (surroundings_.copy_to_user(argument, &header, sizeof header)) return 0;
  seen_->add(Quirk::failed_unmap);
  return -EFAULT;
}

}  // namespace tidemark::reference
