// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Groups, devices, pins and rw: the driver's side of the model, and the lookups
// that the other parts share.
#include "model.h"

#include <algorithm>
#include <bit>
#include <cerrno>

namespace tidemark::reference {

namespace {

constexpr int kPinLimit = 512;  // pages in one call (B9)

// The parts of `ranges` inside `window`.
std::vector<ByteRange> keep(const std::vector<ByteRange>& ranges, const ByteRange& window) {
  std::vector<ByteRange> kept;
  for (const ByteRange& range : ranges) {
    const ByteRange part = {std::max(range.first, window.first), std::min(range.last, window.last)};
    if (part.first <= part.last) kept.push_back(part);
  }
  return kept;
}

// The parts of `ranges` outside `hole`.
std::vector<ByteRange> cut_out(const std::vector<ByteRange>& ranges, const ByteRange& hole) {
  std::vector<ByteRange> kept;
  for (const ByteRange& range : ranges) {
    if (hole.last < range.first || hole.first > range.last) {
      kept.push_back(range);
      continue;
    }
    if (hole.first > range.first) kept.push_back({range.first, hole.first - 1});
    if (hole.last < range.last) kept.push_back({hole.last + 1, range.last});
  }
  return kept;
}

std::vector<ByteRange> narrow(std::vector<ByteRange> ranges, const GroupKind& kind) {
  ranges = keep(ranges, kind.aperture);
  for (const ByteRange& hole : kind.reserved) ranges = cut_out(ranges, hole);
  return ranges;
}

}  // namespace

Model::Model(const Settings& settings, Surroundings& surroundings)
    : settings_(settings), surroundings_(surroundings) {}

// ---- The state, for comparison

// D2: the sizes that all hardware groups share; sizes below 4 KiB count as 4 KiB.
std::uint64_t Model::page_sizes() const {
  constexpr std::uint64_t kSmall = (std::uint64_t{1} << kPageShift) - 1;
  const std::uint64_t sizes = joint_page_sizes();
  return (sizes & kSmall) == 0 ? sizes : (sizes & ~kSmall) | (kSmall + 1);
}

std::uint32_t Model::dma_available() const {
  return settings_.dma_entry_limit - static_cast<std::uint32_t>(mappings_.size());
}

std::uint64_t Model::locked_pages(std::size_t process) const {
  const auto found = locked_.find(process);
  return found == locked_.end() ? 0 : found->second;
}

std::size_t Model::pinned_page_count() const { return pinned_pages_; }

bool Model::hardware_mapped() const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [](const AttachedGroup& a) { return a.group.kind.hardware; });
}

// ---- Lookups

// P: the smallest page size, in bytes.
std::uint64_t Model::smallest_page() const {
  return std::uint64_t{1} << std::countr_zero(page_sizes());
}

const Mapping* Model::mapping_at(Page page) const {
  const auto above = mappings_.upper_bound(page);
  if (above == mappings_.begin()) return nullptr;
  const Mapping& below = std::prev(above)->second;
  return page < below.end ? &below : nullptr;
}

bool Model::overlaps_mapping(PageRange range) {
  const auto above = mappings_.lower_bound(range.end);
  return above != mappings_.begin() && std::prev(above)->second.end > range.first;
}

// Does either end of `range` lie strictly inside a mapping?
bool Model::cuts_mapping(PageRange range) const {
  const Mapping* at_first = mapping_at(range.first);
  const Mapping* at_last = mapping_at(range.end - 1);
  return (at_first && at_first->first < range.first) || (at_last && at_last->end > range.end);
}

// The pages of `range` before its first page that is not mapped.
PageRange Model::mapped_prefix(PageRange range) const {
  Page end = range.first;
  while (end < range.end) {
    const Mapping* mapping = mapping_at(end);
    if (!mapping) break;
    end = std::min(mapping->end, range.end);
  }
  return {range.first, end};
}

Model::AttachedGroup* Model::find_group(unsigned number) {
  const auto found = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const AttachedGroup& a) { return a.number == number; });
  return found == groups_.end() ? nullptr : &*found;
}

// R5: is there a hardware group that has pinned nothing yet?
bool Model::someone_writes_unseen() const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [](const AttachedGroup& a) { return !a.group.pinned_scope; });
}

// ---- Locked memory

std::uint64_t Model::unpinned_pages(PageRange range) const {
  return range.pages() - count_pages(pins_, range);
}

std::uint64_t Model::pinned_pages(const Mapping& mapping) const {
  return count_pages(pins_, {mapping.first, mapping.end});
}

// D11: all that the process has locked counts, wherever.
std::uint64_t Model::locked_anywhere(std::size_t process) const {
  return locked_pages(process) + surroundings_.locked_elsewhere(process);
}

bool Model::exceeds_limit(const Owner& owner, std::uint64_t more) {
  return more && !owner.unlimited &&
         locked_anywhere(owner.process) + more > surroundings_.locked_limit_pages(owner.process);
}

// R16: 0, or -ENOMEM and nothing done.
int Model::account(const Mapping& mapping, std::uint64_t pages) {
  if (exceeds_limit(mapping.owner, pages)) return -ENOMEM;
  locked_[mapping.owner.process] += pages;
  return 0;
}

void Model::give_back(const Mapping& mapping, std::uint64_t pages) {
  locked_[mapping.owner.process] -= pages;
}

// D9, D11: no hardware group is left, and the pages without a pin go off the account.
void Model::account_pins_only(const Mapping& mapping) {
  give_back(mapping, unpinned_pages({mapping.first, mapping.end}));
}

// D9: while the last group leaves.
void Model::unpin_all() {
  for (const auto& [first, mapping] : mappings_) {
    if (!hardware_mapped()) give_back(mapping, pinned_pages(mapping));
  }
  pins_.clear();
  pinned_pages_ = 0;
}

// ---- Groups

std::uint64_t Model::joint_page_sizes() const {
  std::uint64_t sizes = ~std::uint64_t{0};
  for (const AttachedGroup& a : groups_) {
    if (a.group.kind.hardware) sizes &= a.group.kind.pgsizes;
  }
  return sizes;
}

// D8: where mappings may lie with the hardware groups there are, and `joining`
// (may be null) among them.
std::vector<ByteRange> Model::ranges_with(const GroupKind* joining) const {
  std::vector<ByteRange> ranges = {{0, ~std::uint64_t{0}}};
  for (const AttachedGroup& a : groups_) {
    if (a.group.kind.hardware) ranges = narrow(std::move(ranges), a.group.kind);
  }
  return joining ? narrow(std::move(ranges), *joining) : ranges;
}

// D2.
bool Model::shares_page_size(const GroupKind& joining) {
  return (joint_page_sizes() & joining.pgsizes) != 0;
}

// D8: may all mappings stay where they are, if `ranges` are left once `joining` is there?
bool Model::reaches_mappings(const GroupKind& /*joining*/, const std::vector<ByteRange>& ranges) {
  return std::all_of(mappings_.begin(), mappings_.end(),
                     [&](const auto& entry) { return lies_in_one(entry.second, ranges); });
}

// D8: can the mappings there are live with `joining`?
int Model::check_existing_mappings(const GroupKind& joining, const std::vector<ByteRange>& ranges) {
  iommu_maps_ = 0;
  if (!reaches_mappings(joining, ranges)) return -EINVAL;
  const bool pages_are_locked = hardware_mapped();
  for (auto it = mappings_.begin(); it != mappings_.end(); ++it) {
    const Mapping& mapping = it->second;
    const int error =
        pages_are_locked ? map_locked(mapping, joining) : lock_and_map(mapping, &joining);
    if (!error) continue;
    while (!pages_are_locked && it != mappings_.begin()) unlock((--it)->second);
    return error;
  }
  return 0;
}

// D8. A failed attach has changed nothing.
int Model::attach_group(unsigned group, const GroupKind& kind) {
  if (find_group(group)) return -EINVAL;
  if (!surroundings_.has_memory(MemoryPoint::group)) return -ENOMEM;
  if (kind.hardware) {
    if (!shares_page_size(kind)) return -EINVAL;
    if (!surroundings_.has_memory(MemoryPoint::ranges)) return -ENOMEM;
    std::vector<ByteRange> ranges = ranges_with(&kind);
    if (ranges.empty()) return -EINVAL;
    if (const int error = check_existing_mappings(kind, ranges)) return error;
    ranges_ = std::move(ranges);
    has_range_list_ = true;
  }
  groups_.push_back({group, {kind, !kind.hardware}});
  return 0;
}

// D9, R6.
void Model::detach_group(unsigned group) {
  const AttachedGroup* attached = find_group(group);
  if (!attached) return;
  const bool wrote_unseen = !attached->group.pinned_scope;
  const bool was_mapped = hardware_mapped();
  if (groups_.size() == 1) {
    unpin_all();
    remove_mappings(kAllPages);
  }
  groups_.erase(groups_.begin() + (attached - groups_.data()));
  if (has_range_list_) ranges_ = ranges_with(nullptr);
  if (was_mapped && !hardware_mapped()) {
    for (const auto& [first, mapping] : mappings_) account_pins_only(mapping);
  }
  if (wrote_unseen) mark_all_mapped();
}

// ---- Devices

// Registering twice has no effect.
void Model::register_device(unsigned device) {
  for (const Registration& r : registrations_) {
    if (r.device == device) return;
  }
  registrations_.push_back({device, next_serial_++});
}

void Model::unregister_device(unsigned device) {
  std::erase_if(registrations_, [&](const Registration& r) { return r.device == device; });
}

const Model::Registration* Model::newest_before(std::uint64_t serial) const {
  const auto found = std::find_if(registrations_.rbegin(), registrations_.rend(),
                                  [&](const Registration& r) { return r.serial < serial; });
  return found == registrations_.rend() ? nullptr : &*found;
}

// ---- Pins

// D5: what is checked before any page is looked at.
int Model::check_pin(unsigned group, int count) {
  if (count <= 0) return -EINVAL;  // B9
  if (count > kPinLimit) return -E2BIG;
  if (settings_.type == VFIO_TYPE1_IOMMU) return -EACCES;
  if (!find_group(group)) return -EINVAL;
  return registrations_.empty() ? -EINVAL : 0;
}

// D5, D11: can a page with no pin be pinned and accounted, beside the `added` ones before it?
int Model::check_new_pin(const Mapping& mapping, std::uint64_t vaddr, bool is_accounted,
                         std::map<std::size_t, std::uint64_t>& added) {
  const std::size_t process = mapping.owner.process;
  if (surroundings_.is_gone(process)) return -ENODEV;
  if (surroundings_.pinnable_pages(vaddr, 1) == 0) return surroundings_.pin_error(vaddr);
  const std::uint64_t more = ++added[process];
  return is_accounted && exceeds_limit(mapping.owner, more) ? -ENOMEM : 0;
}

// D5: goes through `range` page by page up to the first that cannot be pinned, with
// memory for all. `done` becomes the pages before it, `newly_pinned` those of them that
// were not pinned yet.
int Model::pin_prefix(PageRange range, int rights, std::uint64_t* pfns, PageRange& done,
                      std::vector<Page>& newly_pinned) {
  const bool accounted_here = !hardware_mapped();
  std::map<std::size_t, std::uint64_t> added;  // by process
  for (Page page = range.first; page < range.end; ++page) {
    const Mapping* mapping = mapping_at(page);
    if (!mapping) return -EINVAL;
    if ((mapping->rights & rights) != rights) return -EPERM;
    const std::uint64_t vaddr = mapping->vaddr + ((page - mapping->first) << kPageShift);
    if (!contains(pins_, page)) {
      if (const int error = check_new_pin(*mapping, vaddr, accounted_here, added)) return error;
      newly_pinned.push_back(page);
    }
    pfns[page - range.first] = surroundings_.pfn_of(vaddr);
    done.end = page + 1;
  }
  return 0;
}

// R3, R9: the marks of the pages before a failing one stay; their pins do not.
int Model::pin_pages(unsigned group, std::uint64_t iova, int count, int rights,
                     std::uint64_t* pfns) {
  if (const int error = check_pin(group, count)) return error;
  const Page first = iova >> kPageShift;
  const PageRange range = {first, first + static_cast<std::uint64_t>(count)};
  PageRange done = {first, first};
  std::vector<Page> newly_pinned;
  int error = pin_prefix(range, rights, pfns, done, newly_pinned);
  const std::size_t with_memory = surroundings_.pins_with_memory(newly_pinned);
  if (with_memory < newly_pinned.size()) {
    done.end = newly_pinned[with_memory];
    error = -ENOMEM;
  }
  mark_pinned(done, newly_pinned);
  if (error) return error;
  for (const Page page : newly_pinned) {
    if (!hardware_mapped()) account(*mapping_at(page), 1);
  }
  add_pin(pins_, range);
  pinned_pages_ += newly_pinned.size();
  promote(find_group(group)->group);
  return count;
}

// R5, B12: what the group wrote before its first pin is reported once more.
void Model::promote(Group& group) {
  if (group.pinned_scope) return;
  group.pinned_scope = true;
  mark_all_mapped();
}

// D16. The pages stay marked: R3 has them reported once more.
void Model::unpin_pages(std::uint64_t iova, int count) {
  if (settings_.type == VFIO_TYPE1_IOMMU) return;
  if (count <= 0 || count > kPinLimit) return;
  const Page first = iova >> kPageShift;
  const PageRange range = mapped_prefix({first, first + static_cast<std::uint64_t>(count)});
  for (Page page = range.first; page < range.end;) {
    const Mapping& mapping = *mapping_at(page);
    const PageRange part = {page, std::min(mapping.end, range.end)};
    const std::uint64_t last_pins = count_last_pins(pins_, part);
    pinned_pages_ -= last_pins;
    if (!hardware_mapped()) give_back(mapping, last_pins);
    page = part.end;
  }
  if (!range.empty()) remove_pin(pins_, range);
}

// ---- rw

// R4, B3: `bytes` that lie in one mapping: mark, then copy.
int Model::transfer(const Mapping& mapping, std::uint64_t iova, unsigned char* data,
                    std::size_t bytes, bool write) {
  const std::uint64_t vaddr = mapping.vaddr + (iova - (mapping.first << kPageShift));
  if (write) mark({iova >> kPageShift, ((iova + bytes - 1) >> kPageShift) + 1});
  const bool copied = write ? surroundings_.copy_to_user(vaddr, data, bytes)
                            : surroundings_.copy_from_user(data, vaddr, bytes);
  return copied ? 0 : -EFAULT;
}

// R4, D12: mapping by mapping.
int Model::rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) {
  if (bytes == 0) return -EINVAL;
  auto* position = static_cast<unsigned char*>(data);
  const int needed = write ? kRead | kWrite : kRead;
  bool past_the_top = false;
  while (bytes > 0) {
    if (past_the_top && !goes_on_at_zero()) return -EINVAL;
    const Mapping* mapping = mapping_at(iova >> kPageShift);
    if (!mapping) return -EINVAL;
    if ((mapping->rights & needed) != needed) return -EPERM;
    if (const int error = surroundings_.enter_process(mapping->owner.process)) return error;
    const std::uint64_t left = (mapping->end << kPageShift) - iova;  // modulo 2^64
    const std::size_t part = std::min<std::uint64_t>(bytes, left);
    if (const int error = transfer(*mapping, iova, position, part, write)) return error;
    position += part;
    bytes -= part;
    iova += part;
    past_the_top = iova == 0;
  }
  return 0;
}

}  // namespace tidemark::reference
