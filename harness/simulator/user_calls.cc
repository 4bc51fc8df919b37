// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The user's side: each ioctl's argument, and what the user learns from the result.
#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "digest.h"
#include "executor.h"
#include "verbs.h"

namespace tidemark {
namespace {

std::uint64_t bent(const Operation& operation, Field field, std::uint64_t otherwise) {
  return operation.bent(field).value_or(otherwise);
}

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

std::int64_t Executor::call(unsigned command, std::uint64_t argument) {
  world_.answers.clear();
  const bool around = std::exchange(world_.answers_user, true);
  const std::int64_t result = subject_->ioctl(command, argument);
  world_.answers_user = around;
  for (const World::Answered& answer : world_.answers)
    if (answer.first >= kRamFirst && answer.first <= kRamLast)
      for (std::uint64_t page = answer.first / kPageBytes; page <= (answer.end - 1) / kPageBytes;
           ++page)
        for (Watcher* watcher : watchers_) watcher->answer_written(page);
  return result;
}

std::uint64_t Executor::place_argument(const Operation& operation, const void* argument,
                                       std::size_t bytes) {
  ArgumentArea& area = world_.arguments[depth_];
  area.bytes.fill(0xa5);
  std::memcpy(area.bytes.data() + ArgumentArea::kGuard, argument, bytes);
  return bent(operation, Field::argument, argument_address());
}

std::uint64_t Executor::argument_address() const {
  return ArgumentArea::kBase + ArgumentArea::kGuard + depth_ * World::kDepthStride;
}

std::uint64_t Executor::bitmap_address() const {
  return BitmapArea::kBase + depth_ * World::kDepthStride;
}

// In a window nobody compares the areas; this stands for them. What a call that
// failed may leave open (D7) does not count, nor does what earlier ones left.
void Executor::digest_output(const Operation& operation, Step& step) const {
  const Verb verb = operation.verb;
  if (has_argument(verb) && (verb != Verb::info || step.result >= 0)) {
    const ArgumentArea& area = world_.arguments[depth_];
    step.digest = mix(step.digest, digest_of(area.bytes.data(), area.bytes.size()));
  }
  if (!has_bitmap(verb)) return;
  const BitmapArea& area = world_.bitmaps[depth_];
  for (const std::int64_t index : area.touched()) {
    const auto word = static_cast<std::uint64_t>(index + bitmap_first());
    const bool inside = word < bitmap_words_ + (bitmap_data_ % 8 != 0);
    if (inside && step.result == -EFAULT) continue;
    std::uint64_t& digest = inside && !area.word(index) ? step.clean_words : step.digest;
    // Not from 0 on: 0 mixed into 0 leaves no trace.
    digest = mix(mix(digest, static_cast<std::uint64_t>(index + 1)), area.word(index));
  }
}

std::int64_t Executor::do_map(const Operation& operation, const Step& step) {
  vfio_iommu_type1_dma_map map = {};
  map.argsz = static_cast<__u32>(bent(operation, Field::argsz, sizeof(map)));
  const std::uint32_t rights = (operation.flags & kReadable ? VFIO_DMA_MAP_FLAG_READ : 0) |
                               (operation.flags & kWritable ? VFIO_DMA_MAP_FLAG_WRITE : 0);
  map.flags = static_cast<__u32>(bent(operation, Field::flags, rights));
  map.vaddr = resolve_vaddr(operation.vaddr, step.size);
  map.iova = step.first;
  map.size = step.size;
  if (operation.vaddr.base == Base::fresh) fresh_.take(step.size, page_bytes_);
  const std::uint64_t argument = place_argument(operation, &map, sizeof(map));
  const std::int64_t result = returned(Verb::map, call(VFIO_IOMMU_MAP_DMA, argument));
  if (result == 0)
    mappings_.push_back({map.iova, map.iova + map.size - 1, map.vaddr,
                         (map.flags & VFIO_DMA_MAP_FLAG_READ) != 0,
                         (map.flags & VFIO_DMA_MAP_FLAG_WRITE) != 0});
  return result;
}

// Mappings that begin in [first, last] went, with all that was held there.
void Executor::forget_mappings(std::uint64_t first, std::uint64_t last) {
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

// The user's bitmap for [first, first + size), empty again.
BitmapArgument Executor::place_bitmap(const Operation& operation, std::uint64_t size) {
  const std::uint64_t pages = size / page_bytes_;
  bitmap_words_ = pages / 64 + (pages % 64 != 0);
  world_.bitmaps[depth_].reset(operation.flags & kUsedBuffer);
  bitmap_data_ = bent(operation, Field::bitmap_pointer, bitmap_address());
  // It may be in the area of windows, where nothing is to be left of earlier ones.
  if (bitmap_data_ != bitmap_address() && !depth_) world_.bitmaps[1].reset(false);
  return {bent(operation, Field::pgsize, page_bytes_),
          bent(operation, Field::bitmap_size, bitmap_words_ * 8), bitmap_data_};
}

std::int64_t Executor::do_unmap(const Operation& operation, const Step& step) {
  const bool with_bitmap = operation.flags & kWithBitmap;
  UnmapArgument argument = {};
  argument.argsz = static_cast<__u32>(
      bent(operation, Field::argsz, with_bitmap ? sizeof(argument) : kUnmapBytes));
  const std::uint32_t flags = (with_bitmap ? VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP : 0) |
                              (operation.flags & kAll ? VFIO_DMA_UNMAP_FLAG_ALL : 0);
  argument.flags = static_cast<__u32>(bent(operation, Field::flags, flags));
  argument.iova = step.first;
  argument.size = step.size;
  argument.bitmap = place_bitmap(operation, step.size);
  const std::uint64_t page = page_bytes_;  // the window may change it

  const std::uint64_t address = place_argument(operation, &argument, sizeof(argument));
  const std::int64_t result = returned(Verb::unmap, call(VFIO_IOMMU_UNMAP_DMA, address));
  if (result == 0) learn_unmapped(step, argument.flags, page);
  return result;
}

void Executor::learn_unmapped(const Step& step, std::uint32_t flags, std::uint64_t page_bytes) {
  const bool all = flags & VFIO_DMA_UNMAP_FLAG_ALL;
  const std::uint64_t first = step.first;
  const std::uint64_t last = all ? ~std::uint64_t{0} : first + step.size - 1;
  std::uint64_t unmapped = 0;
  std::memcpy(&unmapped,
              world_.arguments[depth_].bytes.data() + ArgumentArea::kGuard +
                  offsetof(vfio_iommu_type1_dma_unmap, size),
              sizeof(unmapped));
  const bool nothing = unmapped == 0 && !all;
  if (flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) {
    answered({first, last, page_bytes, bitmap_data_});
  } else {
    for (const LiveMapping& mapping : mappings_)
      if (mapping.first >= first && mapping.first <= last && !nothing) dropped(mapping);
  }
  if (!nothing) forget_mappings(first, last);
}

std::int64_t Executor::do_dirty(const Operation& operation, const Step& step, std::uint32_t flags) {
  QueryArgument argument = {};
  bool query = flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
  const std::size_t bytes = query ? sizeof(argument) : kDirtyBytes;
  argument.argsz = static_cast<__u32>(bent(operation, Field::argsz, bytes));
  argument.flags = static_cast<__u32>(bent(operation, Field::flags, flags));
  if (query) {
    argument.iova = step.first;
    argument.size = step.size;
    argument.bitmap = place_bitmap(operation, step.size);
  }
  const std::uint64_t address = place_argument(operation, &argument, bytes);
  const std::int64_t result = returned(operation.verb, call(VFIO_IOMMU_DIRTY_PAGES, address));
  if (result != 0) return result;

  // Whoever passes another struct knows what is in it.
  if (operation.bent(Field::argument)) {
    world_.copy_from_user(&argument, address, sizeof(argument));
    query = argument.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
  }
  const bool starts = argument.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
  if (starts || argument.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP) {
    for (Watcher* watcher : watchers_) watcher->tracking_switched(starts);
  } else if (query) {
    answered({argument.iova, argument.iova + argument.size - 1, page_bytes_, argument.bitmap.data});
  }
  return result;
}

void Executor::answered(const Answer& answer) {
  for (Watcher* watcher : watchers_) watcher->answered(answer);
}

void Executor::dropped(const LiveMapping& mapping) {
  for (Watcher* watcher : watchers_) watcher->mapping_dropped(mapping);
}

std::int64_t Executor::do_info(const Operation& operation) {
  vfio_iommu_type1_info info = {};
  info.argsz = static_cast<__u32>(
      bent(operation, Field::argsz, ArgumentArea::kBytes - 2 * ArgumentArea::kGuard));
  const std::uint64_t argument = place_argument(operation, &info, sizeof(info));
  return returned(Verb::info, call(VFIO_IOMMU_GET_INFO, argument));
}

// What a user does who has to know P when hardware groups come and go. It is no operation:
// nothing goes wrong in it, and nobody sees what it leaves in the user's memory.
void Executor::ask_page_bytes() {
  vfio_iommu_type1_info info = {};
  info.argsz = sizeof(info);
  ArgumentArea& area = world_.arguments[depth_];
  const ArgumentArea before = area;
  std::memcpy(area.bytes.data() + ArgumentArea::kGuard, &info, sizeof(info));
  subject_->run_out_of_memory(false);
  world_.asks_aside = true;
  const std::int64_t result = returned(Verb::info, call(VFIO_IOMMU_GET_INFO, argument_address()));
  world_.asks_aside = false;
  std::memcpy(&info, area.bytes.data() + ArgumentArea::kGuard, sizeof(info));
  area = before;
  if (result == 0 && info.iova_pgsizes) page_bytes_ = info.iova_pgsizes & (0 - info.iova_pgsizes);
}

std::int64_t Executor::do_ioctl(const Operation& operation) {
  static constexpr std::array<std::uint8_t, 64> kZeros = {};
  const std::uint64_t argument = place_argument(operation, kZeros.data(), kZeros.size());
  return returned(Verb::ioctl, call(static_cast<unsigned>(operation.number), argument));
}

}  // namespace tidemark
