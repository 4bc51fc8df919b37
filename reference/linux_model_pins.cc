// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Linux's side for drivers: groups, pins and rw.
#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "linux_model.h"

namespace tidemark::reference {

namespace {

constexpr int kLinuxPinLimit = 512;  // pages in one call (B9)
constexpr std::uint64_t kPage = std::uint64_t{1} << kPageShift;

bool begins_within_page(std::uint64_t iova) { return (iova & (kPage - 1)) != 0; }

}  // namespace

// ---- Groups

bool LinuxModel::shares_page_size(const GroupKind& joining) {
  return Model::shares_page_size(joining) || differs(Quirk::no_page_size, true);
}

// D8: what the list of ranges is about to lose must not be mapped; the first group finds
// no list. A range that ends at 2^64 is taken for empty (B4).
bool LinuxModel::reaches_mappings(const GroupKind& joining, const std::vector<ByteRange>& ranges) {
  const bool asked = Model::reaches_mappings(joining, ranges);
  const auto is_mapped = [&](std::uint64_t first, std::uint64_t last) {
    const bool to_the_end = last == ~std::uint64_t{0};
    return !(to_the_end && quirks_.has(Quirk::top)) &&
           Model::overlaps_mapping({first >> kPageShift, (last >> kPageShift) + 1});
  };
  bool reaches = std::none_of(joining.reserved.begin(), joining.reserved.end(),
                              [&](const ByteRange& r) { return is_mapped(r.first, r.last); });
  const ByteRange& now = joining.aperture;
  if (has_range_list_ && !ranges_.empty()) {
    const std::uint64_t first = ranges_.front().first, last = ranges_.back().last;
    if (now.first > first && is_mapped(first, now.first - 1)) reaches = false;
    if (now.last < last && is_mapped(now.last + 1, last)) reaches = false;
  }
  return differs(Quirk::out_of_reach, asked != reaches) ? reaches : asked;
}

// D8, D10: a run ends because the next page is elsewhere, which is known when it is pinned.
int LinuxModel::meet_iommus(const Mapping& run, Page mapping_end, const GroupKind* joining) {
  const int error = Model::meet_iommus(run, mapping_end, joining);
  const std::uint64_t next = run.vaddr + ((run.end - run.first) << kPageShift);
  const bool fails = run.end < mapping_end && surroundings_.pinnable_pages(next, 1) == 0;
  if (!fails) return error;
  const int pin_error = surroundings_.pin_error(next);
  return differs(Quirk::whole_runs, error != 0 && error != pin_error) ? pin_error : error;
}

// D8: groups of one kind share a domain, which has been told already when another one
// joins; of several, the newest is told first.
std::vector<const GroupKind*> LinuxModel::iommus_asked(const GroupKind* joining) {
  std::vector<const GroupKind*> asked = Model::iommus_asked(joining), domains;
  const auto has_domain = [&](const GroupKind& kind) {
    return std::find(domains_.begin(), domains_.end(), kind) != domains_.end();
  };
  if (joining && !has_domain(*joining)) domains.push_back(joining);
  if (!joining) {
    for (const GroupKind& kind : domains_) domains.push_back(&kind);
  }
  const bool same = std::equal(asked.begin(), asked.end(), domains.begin(), domains.end(),
                               [](const GroupKind* a, const GroupKind* b) { return *a == *b; });
  const bool tells = surroundings_.failing_iommu_map() != Surroundings::kNone;
  return differs(Quirk::shared_domains, !same && tells) ? domains : asked;
}

void LinuxModel::keep_domains() {
  const auto is_attached = [&](const GroupKind& kind) {
    return std::any_of(groups_.begin(), groups_.end(),
                       [&](const AttachedGroup& a) { return a.group.kind == kind; });
  };
  std::erase_if(domains_, std::not_fn(is_attached));
  for (const AttachedGroup& a : groups_) {
    const GroupKind& kind = a.group.kind;
    if (kind.hardware && std::find(domains_.begin(), domains_.end(), kind) == domains_.end()) {
      domains_.insert(domains_.begin(), kind);
    }
  }
}

void LinuxModel::detach_group(unsigned group) {
  Model::detach_group(group);
  keep_domains();
}

// R14: not while the address of a mapping is invalid.
int LinuxModel::attach_group(unsigned group, const GroupKind& kind) {
  if (!invalid_.empty()) return -EBUSY;
  const bool has_size = !kind.hardware || Model::shares_page_size(kind);
  int error = Model::attach_group(group, kind);
  // Without a page size there is nothing to model: Linux must have turned it down.
  if (!error && !has_size) {
    detach_group(group);
    error = -EINVAL;
  }
  keep_domains();
  return error;
}

// B7: the callbacks' lock is wanted.
void LinuxModel::register_device(unsigned device) {
  if (calls_back_) stop_with(Stop::deadlock);
  Model::register_device(device);
}

void LinuxModel::unregister_device(unsigned device) {
  if (calls_back_) stop_with(Stop::deadlock);
  Model::unregister_device(device);
}

// ---- Pins

// The mapping that has a byte in the page-sized range from `iova` on, or null. There is
// one at most, or Linux was stopped.
const Mapping* LinuxModel::mapping_touched(std::uint64_t iova) const {
  if (iova + (kPage - 1) < iova) return nullptr;
  const Mapping* mapping = mapping_at(iova >> kPageShift);
  return mapping ? mapping : mapping_at((iova + (kPage - 1)) >> kPageShift);
}

LinuxModel::UnalignedPin* LinuxModel::find_unaligned(std::uint64_t iova) {
  const auto found = std::find_if(unaligned_.begin(), unaligned_.end(),
                                  [&](const UnalignedPin& pin) { return pin.iova == iova; });
  return found == unaligned_.end() ? nullptr : &*found;
}

bool LinuxModel::has_pins(const Mapping& mapping) const {
  return !first_run(pins_, {mapping.first, mapping.end}).empty() ||
         std::any_of(unaligned_.begin(), unaligned_.end(),
                     [&](const UnalignedPin& pin) { return pin.mapping == mapping.first; });
}

// D5: the core of VFIO checks the group and the number, in this order, then type1 the rest.
int LinuxModel::check_pin(unsigned group, int count) {
  int error = Model::check_pin(group, count);
  if (count > 0 && !find_group(group) && differs(Quirk::closed_device, error != -EINVAL)) {
    return -EINVAL;
  }
  if (count <= 0 || count > kLinuxPinLimit || settings_.type == VFIO_TYPE1_IOMMU) return error;
  if (find_group(group) && !invalid_.empty()) {
    warn(Quirk::vaddr_flags, "vfio_iommu_type1_pin_pages");
    return -EBUSY;
  }
  return error;
}

// B9: it goes through no page, and is the group's first pin.
int LinuxModel::pin_negative(unsigned group) {
  if (!find_group(group)) return -EINVAL;
  if (const int error = check_pin(group, 1)) return error;
  seen_->add(Quirk::negative_count);
  promote(find_group(group)->group);
  return 0;
}

int LinuxModel::pin_one(std::uint64_t iova, int rights, std::uint64_t& pfn, PinRun& run) {
  const Mapping* mapping = mapping_touched(iova);
  if (!mapping) return -EINVAL;
  if ((mapping->rights & rights) != rights) return -EPERM;
  const std::uint64_t vaddr = mapping->vaddr + (iova - (mapping->first << kPageShift));
  if (!find_unaligned(iova)) {
    if (const int error = check_new_pin(*mapping, vaddr, !hardware_mapped(), run.added))
      return error;
    run.newly_pinned.push_back(iova);
    run.pages.push_back(iova >> kPageShift);
  }
  run.pinned.push_back(iova);
  pfn = surroundings_.pfn_of(vaddr);
  return 0;
}

// D5: by the exact address, of the page that has the address.
int LinuxModel::pin_unaligned(unsigned group, std::uint64_t iova, int count, int rights,
                              std::uint64_t* pfns) {
  if (const int error = check_pin(group, count)) return error;
  PinRun run;
  int error = 0;
  for (int i = 0; i < count && !error; ++i) {
    error = pin_one(iova + kPage * static_cast<std::uint64_t>(i), rights, pfns[i], run);
  }
  seen_->add(Quirk::unaligned_pin);
  const std::size_t with_memory = surroundings_.pins_with_memory(run.pages);
  if (with_memory < run.pages.size()) error = -ENOMEM;
  run.pages.resize(with_memory);
  for (const Page page : run.pages) mark({page, page + 1});
  if (error) return error;
  for (const std::uint64_t at : run.newly_pinned) {
    const Mapping& mapping = *mapping_touched(at);
    unaligned_.push_back({at, mapping.first, 0});
    if (!hardware_mapped()) account(mapping, 1);
  }
  std::sort(unaligned_.begin(), unaligned_.end(), [](const auto& a, const auto& b) {
    return std::pair(a.mapping, a.iova) < std::pair(b.mapping, b.iova);
  });
  for (const std::uint64_t at : run.pinned) ++find_unaligned(at)->count;
  pinned_pages_ += run.newly_pinned.size();
  promote(find_group(group)->group);
  return count;
}

bool LinuxModel::passes_the_end(std::uint64_t iova, int count) {
  const bool passes = Model::check_numbers(iova, kPage * static_cast<std::uint64_t>(count)) != 0;
  return differs(Quirk::overflow, passes) && passes;
}

int LinuxModel::pin_pages(unsigned group, std::uint64_t iova, int count, int rights,
                          std::uint64_t* pfns) {
  if (count < 0 && quirks_.has(Quirk::negative_count)) return pin_negative(group);
  const bool asked = count > 0 && count <= kLinuxPinLimit && find_group(group) &&
                     settings_.type != VFIO_TYPE1_IOMMU;
  if (asked && passes_the_end(iova, count)) return -EOVERFLOW;
  if (begins_within_page(iova) && quirks_.has(Quirk::unaligned_pin)) {
    return pin_unaligned(group, iova, count, rights, pfns);
  }
  return Model::pin_pages(group, iova, count, rights, pfns);
}

void LinuxModel::promote(Group& group) {
  if (group.pinned_scope) return;
  if (!differs(Quirk::promotion, tracking_)) return Model::promote(group);
  group.pinned_scope = true;
}

// How many of the pages it came by, up to the first that is not mapped.
int LinuxModel::unpin_unaligned(std::uint64_t iova, int count) {
  seen_->add(Quirk::unaligned_pin);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t at = iova + kPage * static_cast<std::uint64_t>(i);
    const Mapping* mapping = mapping_touched(at);
    if (!mapping) return i;
    UnalignedPin* pin = find_unaligned(at);
    if (!pin || --pin->count != 0) continue;
    if (!hardware_mapped()) give_back(*mapping, 1);
    unaligned_.erase(unaligned_.begin() + (pin - unaligned_.data()));
    --pinned_pages_;
  }
  return count;
}

void LinuxModel::unpin_pages(std::uint64_t iova, int count) {
  if (count <= 0 || count > kLinuxPinLimit) return warn(Quirk::unpin_warns, "unpin");
  constexpr std::string_view kWhere = "vfio_iommu_type1_unpin_pages";
  if (settings_.type == VFIO_TYPE1_IOMMU) return warn(Quirk::unpin_warns, kWhere);
  if (passes_the_end(iova, count)) return warn(Quirk::overflow, kWhere);
  int mapped = 0;
  if (begins_within_page(iova) && quirks_.has(Quirk::unaligned_pin)) {
    mapped = unpin_unaligned(iova, count);
  } else {
    const Page first = iova >> kPageShift;
    const PageRange all = {first, first + static_cast<std::uint64_t>(count)};
    mapped = static_cast<int>(mapped_prefix(all).pages());
    Model::unpin_pages(iova, count);
  }
  if (mapped < count) warn(Quirk::unpin_warns, kWhere);
}

// ---- rw

int LinuxModel::rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) {
  if (bytes == 0 || invalid_.empty()) return Model::rw(iova, data, bytes, write);
  warn(Quirk::vaddr_flags, "vfio_iommu_type1_dma_rw");
  return -EBUSY;
}

// B3: copy, then mark.
int LinuxModel::transfer(const Mapping& mapping, std::uint64_t iova, unsigned char* data,
                         std::size_t bytes, bool write) {
  if (!write || !quirks_.has(Quirk::failed_write)) {
    return Model::transfer(mapping, iova, data, bytes, write);
  }
  const std::uint64_t vaddr = mapping.vaddr + (iova - (mapping.first << kPageShift));
  if (!surroundings_.copy_to_user(vaddr, data, bytes)) {
    if (tracking_) seen_->add(Quirk::failed_write);
    return -EFAULT;
  }
  mark({iova >> kPageShift, ((iova + bytes - 1) >> kPageShift) + 1});
  return 0;
}

}  // namespace tidemark::reference
