// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What each operation does to a machine's subject, and what the machine learns
// from the result.
#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "machine.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kFreshAlignment = 1 << 21;  // every P that we can have divides it

std::uint64_t align_up(std::uint64_t value, std::uint64_t to) {
  return (value + to - 1) & ~(to - 1);
}

std::uint64_t bent(const Operation& operation, Field field, std::uint64_t otherwise) {
  return operation.bend.field == field ? operation.bend.value : otherwise;
}

// FNV-1a over words; enough to tell two outputs apart.
std::uint64_t mix(std::uint64_t digest, std::uint64_t word) {
  digest = (digest ^ word) * 0x100000001b3u;
  return digest ^ digest >> 29;
}

std::uint64_t digest_of(const std::uint8_t* data, std::size_t bytes) {
  std::uint64_t digest = bytes, word = 0;
  for (; bytes >= 8; data += 8, bytes -= 8) {
    std::memcpy(&word, data, 8);
    digest = mix(digest, word);
  }
  word = 0;
  std::memcpy(&word, data, bytes);
  return mix(digest, word);
}

// A struct vfio_bitmap for a range of `size` bytes.
struct BitmapArgument {
  std::uint64_t pgsize, size, data;
};
// The UAPI's structs with what follows them in data[], which C++ cannot say.
struct UnmapArgument {
  std::uint32_t argsz, flags;
  std::uint64_t iova, size;
  BitmapArgument bitmap;
};
struct QueryArgument {
  std::uint32_t argsz, flags;
  std::uint64_t iova, size;
  BitmapArgument bitmap;
};
constexpr std::size_t kUnmapBytes = sizeof(vfio_iommu_type1_dma_unmap);
constexpr std::size_t kDirtyBytes = sizeof(vfio_iommu_type1_dirty_bitmap);
static_assert(sizeof(BitmapArgument) == sizeof(vfio_bitmap));
static_assert(offsetof(UnmapArgument, size) == offsetof(vfio_iommu_type1_dma_unmap, size));
static_assert(sizeof(UnmapArgument) == kUnmapBytes + sizeof(vfio_bitmap));
static_assert(sizeof(QueryArgument) == kDirtyBytes + sizeof(vfio_iommu_type1_dirty_bitmap_get));

}  // namespace

std::uint64_t Machine::place_argument(const Operation& operation, const void* argument,
                                      std::size_t bytes) {
  ArgumentArea& area = world_.arguments[depth_];
  area.bytes.fill(0xa5);
  std::memcpy(area.bytes.data() + ArgumentArea::kGuard, argument, bytes);
  return bent(operation, Field::argument,
              ArgumentArea::kBase + ArgumentArea::kGuard + depth_ * World::kDepthStride);
}

std::uint64_t Machine::bitmap_address() const {
  return BitmapArea::kBase + depth_ * World::kDepthStride;
}

// Sets up what goes wrong. `first` is the operation's iova.
void Machine::arm(const Operation& operation, std::uint64_t first) {
  const std::uint64_t index = operation.fault.index;
  const std::uint64_t argument =
      ArgumentArea::kBase + ArgumentArea::kGuard + depth_ * World::kDepthStride;
  UserFault fault;
  std::uint64_t at = 0;
  switch (operation.fault.kind) {
    case FaultKind::none:
      return;
    case FaultKind::allocation:
      // What such a pin leaves marked is open (R9), and settled after the whole
      // operation only: too late for the bitmap of an unmap around it.
      if (depth_ == 0 || operation.verb != Verb::pin) world_.fail_allocation = index + 1;
      return;
    case FaultKind::arg_read:
    case FaultKind::arg_write:
      at = argument + 8 * index;
      break;
    case FaultKind::bitmap_read:
    case FaultKind::bitmap_write:
      at = bitmap_address() + 8 * index;
      break;
    case FaultKind::memory: {
      const bool bytewise = operation.verb == Verb::write || operation.verb == Verb::read;
      const std::uint64_t offset = bytewise ? 8 * index : kPageBytes * index;
      if (operation.verb == Verb::map) {
        at = resolve_vaddr(operation.vaddr) + offset;
      } else if (const LiveMapping* mapping = mapping_at(first + offset)) {
        at = mapping->vaddr + (first + offset - mapping->first);
      }
      break;
    }
  }
  const FaultKind kind = operation.fault.kind;
  fault.first = at;
  fault.last = at + 7;
  fault.on_read = kind != FaultKind::arg_write && kind != FaultKind::bitmap_write;
  fault.on_write = kind != FaultKind::arg_read && kind != FaultKind::bitmap_read;
  world_.fault = fault;
}

void Machine::disarm() {
  world_.fault = {};
  world_.fail_allocation = 0;
  world_.allocation_failed = false;
}

// In a window nobody compares the areas; this stands for them. What an earlier
// operation left there does not count: it may have failed.
std::uint64_t Machine::output_digest(Verb verb) const {
  const bool bitmap = verb == Verb::query || verb == Verb::unmap;
  std::uint64_t digest = 0;
  if (bitmap || verb == Verb::map || verb == Verb::start || verb == Verb::stop ||
      verb == Verb::info || verb == Verb::ioctl) {
    const ArgumentArea& argument = world_.arguments[depth_];
    digest = digest_of(argument.bytes.data(), argument.bytes.size());
  }
  if (!bitmap) return digest;
  for (const std::int64_t index : world_.bitmaps[depth_].touched())
    digest =
        mix(mix(digest, static_cast<std::uint64_t>(index)), world_.bitmaps[depth_].word(index));
  return digest;
}

std::int64_t Machine::do_map(const Operation& operation, const Step& step) {
  vfio_iommu_type1_dma_map map = {};
  map.argsz = static_cast<__u32>(bent(operation, Field::argsz, sizeof(map)));
  const std::uint32_t rights = (operation.flags & kReadable ? VFIO_DMA_MAP_FLAG_READ : 0) |
                               (operation.flags & kWritable ? VFIO_DMA_MAP_FLAG_WRITE : 0);
  map.flags = static_cast<__u32>(bent(operation, Field::flags, rights));
  map.vaddr = resolve_vaddr(operation.vaddr);
  map.iova = step.first;
  map.size = step.size;
  if (operation.vaddr.base == Base::fresh) {
    const std::uint64_t next = align_up(map.vaddr + map.size, kFreshAlignment);
    next_vaddr_ = next > map.vaddr && next <= kRamLast ? next : kRamFirst;
  }
  const std::uint64_t argument = place_argument(operation, &map, sizeof(map));
  const std::int64_t result = subject_->ioctl(VFIO_IOMMU_MAP_DMA, argument);
  if (result == 0)
    mappings_.push_back({map.iova, map.iova + map.size - 1, map.vaddr,
                         (map.flags & VFIO_DMA_MAP_FLAG_READ) != 0,
                         (map.flags & VFIO_DMA_MAP_FLAG_WRITE) != 0});
  return result;
}

// Mappings that begin in [first, last] went, with all that was held there.
void Machine::forget_mappings(std::uint64_t first, std::uint64_t last) {
  for (const LiveMapping& mapping : mappings_) {
    if (mapping.first < first || mapping.first > last) continue;
    std::erase_if(held_, [&](const Held& held) {
      return held.iova >= mapping.first && held.iova <= mapping.last;
    });
  }
  std::erase_if(mappings_, [&](const LiveMapping& mapping) {
    return mapping.first >= first && mapping.first <= last;
  });
}

std::int64_t Machine::do_unmap(const Operation& operation, const Step& step) {
  const bool with_bitmap = operation.flags & kWithBitmap;
  UnmapArgument argument = {};
  argument.argsz = static_cast<__u32>(
      bent(operation, Field::argsz, with_bitmap ? sizeof(argument) : kUnmapBytes));
  const std::uint32_t flags = (with_bitmap ? VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP : 0) |
                              (operation.flags & kAll ? VFIO_DMA_UNMAP_FLAG_ALL : 0);
  argument.flags = static_cast<__u32>(bent(operation, Field::flags, flags));
  argument.iova = step.first;
  argument.size = step.size;
  const std::uint64_t page = page_bytes_;
  const std::uint64_t words = argument.size / page / 64 + (argument.size / page % 64 != 0);
  argument.bitmap.pgsize = bent(operation, Field::pgsize, page);
  argument.bitmap.size = bent(operation, Field::bitmap_size, words * 8);
  argument.bitmap.data = bent(operation, Field::bitmap_pointer, bitmap_address());
  world_.bitmaps[depth_].reset(operation.flags & kUsedBuffer);

  const std::uint64_t address = place_argument(operation, &argument, sizeof(argument));
  const std::int64_t result = subject_->ioctl(VFIO_IOMMU_UNMAP_DMA, address);
  bitmap_words_ = words;
  if (result != 0) return result;

  const bool all = argument.flags & VFIO_DMA_UNMAP_FLAG_ALL;
  const std::uint64_t first = argument.iova;
  const std::uint64_t last = all ? ~std::uint64_t{0} : first + argument.size - 1;
  std::uint64_t unmapped = 0;
  std::memcpy(&unmapped,
              world_.arguments[depth_].bytes.data() + ArgumentArea::kGuard +
                  offsetof(vfio_iommu_type1_dma_unmap, size),
              sizeof(unmapped));
  const bool nothing = unmapped == 0 && !all;
  if (argument.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) {
    migration_.copy_reported(world_.memory, mappings_, world_.bitmaps[depth_], first, last, page);
  } else {
    for (const LiveMapping& mapping : mappings_)
      if (mapping.first >= first && mapping.first <= last && !nothing)
        migration_.copy_mapping(world_.memory, mapping);
  }
  if (!nothing) forget_mappings(first, last);
  return result;
}

std::int64_t Machine::do_dirty(const Operation& operation, const Step& step, std::uint32_t flags) {
  QueryArgument argument = {};
  const bool query = flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
  const std::size_t bytes = query ? sizeof(argument) : kDirtyBytes;
  argument.argsz = static_cast<__u32>(bent(operation, Field::argsz, bytes));
  argument.flags = static_cast<__u32>(bent(operation, Field::flags, flags));
  const std::uint64_t page = page_bytes_;
  if (query) {
    argument.iova = step.first;
    argument.size = step.size;
    const std::uint64_t words = argument.size / page / 64 + (argument.size / page % 64 != 0);
    argument.bitmap.pgsize = bent(operation, Field::pgsize, page);
    argument.bitmap.size = bent(operation, Field::bitmap_size, words * 8);
    argument.bitmap.data = bent(operation, Field::bitmap_pointer, bitmap_address());
    world_.bitmaps[depth_].reset(operation.flags & kUsedBuffer);
    bitmap_words_ = words;
  }
  const std::uint64_t address = place_argument(operation, &argument, bytes);
  const std::int64_t result = subject_->ioctl(VFIO_IOMMU_DIRTY_PAGES, address);
  if (result != 0) return result;

  if (argument.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_START) {
    if (!migration_.running()) migration_.start(world_.memory);
  } else if (argument.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP) {
    migration_.stop();
  } else if (query) {
    migration_.copy_reported(world_.memory, mappings_, world_.bitmaps[depth_], argument.iova,
                             argument.iova + argument.size - 1, page);
  }
  return result;
}

std::int64_t Machine::do_info(const Operation& operation) {
  vfio_iommu_type1_info info = {};
  info.argsz = static_cast<__u32>(
      bent(operation, Field::argsz, ArgumentArea::kBytes - 2 * ArgumentArea::kGuard));
  return subject_->ioctl(VFIO_IOMMU_GET_INFO, place_argument(operation, &info, sizeof(info)));
}

Machine::Held* Machine::held(std::uint64_t iova) {
  const auto found = std::lower_bound(held_.begin(), held_.end(), iova,
                                      [](const Held& h, std::uint64_t i) { return h.iova < i; });
  return found != held_.end() && found->iova == iova ? &*found : nullptr;
}

std::int64_t Machine::do_pin(const Operation& operation, Step& step) {
  const std::uint64_t iova = step.first;
  const auto pages = static_cast<std::int64_t>(step.size) / 4096;
  const int count = static_cast<int>(std::clamp<std::int64_t>(pages, -1, 1000));
  const unsigned device = operation.id % kDevices;
  const int rights = (operation.flags & kReadable ? 1 : 0) | (operation.flags & kWritable ? 2 : 0);
  std::array<std::uint64_t, 512> pfns;
  const int result = subject_->pin(device, iova, count, rights, pfns.data());
  if (result <= 0) return result;

  if (groups_[device] == GroupState::hardware) groups_[device] = GroupState::hardware_pinned;
  for (int i = 0; i < result; ++i) {
    step.digest = mix(step.digest, pfns[static_cast<std::size_t>(i)]);
    const std::uint64_t page = iova + static_cast<std::uint64_t>(i) * kPageBytes;
    Held* entry = held(page);
    if (!entry) {
      const auto at = std::lower_bound(held_.begin(), held_.end(), page,
                                       [](const Held& h, std::uint64_t p) { return h.iova < p; });
      entry = &*held_.insert(at, Held{page, pfns[static_cast<std::size_t>(i)] * kPageBytes});
    }
    ++entry->pins;
    ++entry->by[device];
    entry->writable |= (rights & 2) != 0;
  }
  return result;
}

// One unpin of one page reached the subject.
void Machine::unpin_page(std::uint64_t iova, unsigned device) {
  Held* entry = held(iova);
  if (!entry) return;
  if (entry->by[device]) --entry->by[device];
  if (--entry->pins == 0) held_.erase(held_.begin() + (entry - held_.data()));
}

std::int64_t Machine::do_unpin(const Operation& operation, const Step& step) {
  const std::uint64_t iova = step.first;
  const auto pages = static_cast<std::int64_t>(step.size) / 4096;
  const int count = static_cast<int>(std::clamp<std::int64_t>(pages, -1, 1000));
  subject_->unpin(iova, count);
  if (iova % kPageBytes || count > 512) return 0;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t page = iova + static_cast<std::uint64_t>(i) * kPageBytes;
    if (page < iova || !mapping_at(page)) break;
    unpin_page(page, operation.id % kDevices);
  }
  return 0;
}

// Bytes other than those of the transfers before, so that a stale copy shows.
void Machine::fill(std::uint8_t* data, std::size_t bytes) {
  std::memset(data, static_cast<int>(++written_ * 37 % 255 + 1), bytes);
}

std::int64_t Machine::do_rw(bool write, Step& step) {
  const std::uint64_t iova = step.first;
  const auto bytes = static_cast<std::size_t>(std::min(step.size, kTransferBytes));
  if (write) {
    fill(buffer_.data(), bytes);
    return subject_->rw(iova, buffer_.data(), bytes, true);
  }
  std::memset(buffer_.data(), 0, bytes);
  const int result = subject_->rw(iova, buffer_.data(), bytes, false);
  if (result == 0) step.digest = digest_of(buffer_.data(), bytes);
  return result;
}

void Machine::dma_write(std::uint64_t vaddr, std::uint64_t bytes) {
  std::array<std::uint8_t, 64> data;
  const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, data.size()));
  fill(data.data(), part);
  world_.memory.write(vaddr, data.data(), part);
}

// Writes the first bytes of each page of the range that the device may write:
// one that it pinned, or, before its group has pinned anything, any mapped one.
std::int64_t Machine::do_dma(const Operation& operation, const Step& step) {
  const bool by_group = operation.flags & kHardware;
  const unsigned id = operation.id % kGroups;
  const std::uint64_t first = step.first;
  const std::uint64_t bytes = std::min(step.size, kTransferBytes);
  if (!bytes || (by_group && groups_[id] != GroupState::hardware)) return 0;

  const std::uint64_t last = std::max(first, first + bytes - 1);
  for (std::uint64_t at = first; at >= first && at <= last; at = (at | (kPageBytes - 1)) + 1) {
    const std::uint64_t part = std::min(last, at | (kPageBytes - 1)) - at + 1;
    const LiveMapping* mapping = by_group ? mapping_at(at) : nullptr;
    const Held* page = by_group ? nullptr : held(at & ~(kPageBytes - 1));
    if (mapping && mapping->writable)
      dma_write(mapping->vaddr + (at - mapping->first), part);
    else if (page && page->by[id] && page->writable)
      dma_write(page->vaddr + at % kPageBytes, part);
    if ((at | (kPageBytes - 1)) == ~std::uint64_t{0}) break;
  }
  return 0;
}

std::int64_t Machine::do_attach(const Operation& operation) {
  const unsigned group = operation.id % kGroups;
  const bool hardware = operation.flags & kHardware;
  const int result =
      subject_->attach(group, hardware ? &hardware_kind(operation.hardware) : nullptr);
  if (result == 0) groups_[group] = hardware ? GroupState::hardware : GroupState::emulated;
  learn_page_bytes();
  return result;
}

std::int64_t Machine::do_detach(const Operation& operation) {
  const unsigned group = operation.id % kGroups;
  const bool attached = groups_[group] != GroupState::absent;
  groups_[group] = GroupState::absent;
  const bool last = std::all_of(groups_.begin(), groups_.end(),
                                [](GroupState state) { return state == GroupState::absent; });
  subject_->detach(group);
  learn_page_bytes();
  if (attached && last) {
    for (const LiveMapping& mapping : mappings_) migration_.copy_mapping(world_.memory, mapping);
    mappings_.clear();
    held_.clear();
  }
  return 0;
}

std::int64_t Machine::do_enroll(const Operation& operation) {
  const unsigned number = operation.id % kDevices;
  Device& device = devices_[number];
  device.keeps = operation.flags & kKeep;
  if (!device.enrolled) subject_->enroll(number);
  device.enrolled = true;
  return 0;
}

// A driver may not leave from inside its own callback.
std::int64_t Machine::do_withdraw(const Operation& operation) {
  const unsigned number = operation.id % kDevices;
  Device& device = devices_[number];
  if (!device.enrolled || device.called) return 0;
  subject_->withdraw(number);
  device.enrolled = false;
  return 0;
}

void Machine::dma_unmap(unsigned number, std::uint64_t iova, std::uint64_t bytes) {
  callbacks_ = mix(mix(mix(callbacks_, number + 1), iova), bytes);
  Device& device = devices_[number];
  // What was ordered for the unmap is not meant for what happens in its window.
  const UserFault fault = world_.fault;
  const std::uint64_t words = bitmap_words_;
  disarm();
  const bool outermost = depth_ == 0, called = device.called;
  device.called = true;

  const std::uint64_t last = iova + bytes - 1;
  for (std::size_t i = 0; i < held_.size() && !device.keeps;) {
    const Held page = held_[i];
    if (page.iova < iova || page.iova > last || !page.by[number]) {
      ++i;
      continue;
    }
    // The last thing that a device does before it lets go is to write.
    if (page.writable) dma_write(page.vaddr + 8 * number, 8);
    subject_->unpin(page.iova, 1);
    unpin_page(page.iova, number);
  }

  if (outermost) {
    depth_ = 1;
    std::vector<Script> scripts;
    scripts.swap(device.scripts);
    for (const Script& script : scripts) {
      if (script.every) device.scripts.push_back(script);
      execute(script.operation, steps_.emplace_back());
    }
    depth_ = 0;
  }
  device.called = called;
  world_.fault = fault;
  bitmap_words_ = words;
}

std::span<const Step> Machine::close(const Operation& query) {
  const auto steps = run(query);
  const std::uint64_t first = steps[0].first, last = first + (steps[0].size - 1);
  if (steps[0].result == 0) return steps;
  for (const LiveMapping& mapping : mappings_)
    if (mapping.first >= first && mapping.first <= last)
      migration_.copy_mapping(world_.memory, mapping);
  return steps;
}

std::vector<Operation> Machine::closing_queries() const {
  std::vector<Operation> queries;
  if (!migration_.running()) return queries;
  for (const LiveMapping& mapping : mappings_) {
    if (!Migration::holds_any(mapping, world_.memory)) continue;  // nothing to lose
    const std::uint64_t first = mapping.first & ~(page_bytes_ - 1);
    const std::uint64_t last = mapping.last | (page_bytes_ - 1);
    Operation query;
    query.verb = Verb::query;
    query.address.pages = static_cast<std::int64_t>(first / kPageBytes);
    query.size.pages = static_cast<std::int64_t>((last - first) / kPageBytes + 1);
    queries.push_back(query);
  }
  return queries;
}

std::optional<std::uint64_t> Machine::lost_page() const {
  if (!migration_.running()) return std::nullopt;
  const auto page = migration_.lost_page(world_.memory);
  if (!page) return std::nullopt;
  const std::uint64_t address = *page * kPageBytes;
  for (const LiveMapping& mapping : mappings_)
    if (address >= mapping.vaddr && address - mapping.vaddr <= mapping.last - mapping.first)
      return mapping.first + (address - mapping.vaddr);
  return address;
}

}  // namespace tidemark
