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

constexpr std::size_t kUnmapBytes = sizeof(vfio_iommu_type1_dma_unmap);
constexpr std::size_t kDirtyBytes = sizeof(vfio_iommu_type1_dirty_bitmap);
static_assert(sizeof(BitmapArgument) == sizeof(vfio_bitmap));
static_assert(offsetof(RangeArgument, size) == offsetof(vfio_iommu_type1_dma_unmap, size));
static_assert(sizeof(RangeArgument) == kUnmapBytes + sizeof(vfio_bitmap));
static_assert(sizeof(RangeArgument) == kDirtyBytes + sizeof(vfio_iommu_type1_dirty_bitmap_get));
static_assert(sizeof(RangeArgument) >= sizeof(vfio_iommu_type1_dma_map));

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
  area.bytes.fill(ArgumentArea::kUnset);
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

// The user knows what the call did from the struct that it was given, wherever that is and
// whatever the operation meant. It is read before the call, which may change it, and of what
// it was told beside the result, afterwards, from where the call put it.
std::int64_t Executor::user_call(Verb verb, unsigned command, std::uint64_t argument, Step& step) {
  RangeArgument given;
  world_.copy_from_user(&given, argument, sizeof(given));
  const std::uint64_t page = page_bytes_;  // a window may change it
  step.argument = argument;
  const std::int64_t result = returned(verb, call(command, argument));
  if (result != 0) return result;
  if (command == VFIO_IOMMU_MAP_DMA) {
    vfio_iommu_type1_dma_map map;
    std::memcpy(&map, &given, sizeof(map));
    learn_mapped(map);
  } else if (command == VFIO_IOMMU_UNMAP_DMA) {
    learn_unmapped(given, argument, page);
  } else if (command == VFIO_IOMMU_DIRTY_PAGES) {
    learn_dirty(given);
  }
  return result;
}

std::int64_t Executor::do_map(const Operation& operation, Step& step) {
  vfio_iommu_type1_dma_map map = {};
  map.argsz = static_cast<__u32>(bent(operation, Field::argsz, sizeof(map)));
  const std::uint32_t rights = (operation.flags & kReadable ? VFIO_DMA_MAP_FLAG_READ : 0) |
                               (operation.flags & kWritable ? VFIO_DMA_MAP_FLAG_WRITE : 0);
  map.flags = static_cast<__u32>(bent(operation, Field::flags, rights));
  map.vaddr = resolve_vaddr(operation.vaddr, step.size);
  map.iova = step.first;
  map.size = step.size;
  if (operation.vaddr.base == Base::fresh) fresh_.take(step.size, page_bytes_);
  return user_call(Verb::map, VFIO_IOMMU_MAP_DMA, place_argument(operation, &map, sizeof(map)),
                   step);
}

void Executor::learn_mapped(const vfio_iommu_type1_dma_map& map) {
  mappings_.add({map.iova, map.iova + map.size - 1, map.vaddr,
                 (map.flags & VFIO_DMA_MAP_FLAG_READ) != 0,
                 (map.flags & VFIO_DMA_MAP_FLAG_WRITE) != 0});
}

// Mappings that begin in [first, last] went, with all that was held there.
void Executor::forget_mappings(std::uint64_t first, std::uint64_t last) {
  mappings_.each_in(first, last, [&](const LiveMapping& mapping) {
    if (mapping.first < first) return;
    held_.erase(held_.lower_bound(mapping.first), held_.upper_bound(mapping.last));
  });
  mappings_.erase(first, last);
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

std::int64_t Executor::do_unmap(const Operation& operation, Step& step) {
  const bool with_bitmap = operation.flags & kWithBitmap;
  RangeArgument argument = {};
  argument.argsz = static_cast<__u32>(
      bent(operation, Field::argsz, with_bitmap ? sizeof(argument) : kUnmapBytes));
  const std::uint32_t flags = (with_bitmap ? VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP : 0) |
                              (operation.flags & kAll ? VFIO_DMA_UNMAP_FLAG_ALL : 0);
  argument.flags = static_cast<__u32>(bent(operation, Field::flags, flags));
  argument.iova = step.first;
  argument.size = step.size;
  argument.bitmap = place_bitmap(operation, step.size);
  return user_call(Verb::unmap, VFIO_IOMMU_UNMAP_DMA,
                   place_argument(operation, &argument, sizeof(argument)), step);
}

// Of `given`, which was at `argument`.
void Executor::learn_unmapped(const RangeArgument& given, std::uint64_t argument,
                              std::uint64_t page_bytes) {
  std::uint64_t unmapped = 0;
  world_.peek(&unmapped, argument + offsetof(RangeArgument, size), sizeof(unmapped));
  const bool all = given.flags & VFIO_DMA_UNMAP_FLAG_ALL;
  const std::uint64_t first = given.iova;
  const std::uint64_t last = all ? ~std::uint64_t{0} : first + given.size - 1;
  const bool nothing = unmapped == 0 && !all;
  // The header comes last (D7): of a bitmap that lies there nothing can be read any more.
  const BitmapArgument& bitmap = given.bitmap;
  const bool overwritten =
      bitmap.data < argument + kUnmapBytes && bitmap.data + bitmap.size > argument;
  if (given.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP && !overwritten) {
    answered({first, last, page_bytes, given.bitmap.data});
  } else if (!nothing) {
    mappings_.each_in(first, last, [&](const LiveMapping& mapping) {
      if (mapping.first >= first) dropped(mapping);
    });
  }
  if (!nothing) forget_mappings(first, last);
}

std::int64_t Executor::do_dirty(const Operation& operation, Step& step, std::uint32_t flags) {
  RangeArgument argument = {};
  const bool query = flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
  const std::size_t bytes = query ? sizeof(argument) : kDirtyBytes;
  argument.argsz = static_cast<__u32>(bent(operation, Field::argsz, bytes));
  argument.flags = static_cast<__u32>(bent(operation, Field::flags, flags));
  if (query) {
    argument.iova = step.first;
    argument.size = step.size;
    argument.bitmap = place_bitmap(operation, step.size);
  }
  return user_call(operation.verb, VFIO_IOMMU_DIRTY_PAGES,
                   place_argument(operation, &argument, bytes), step);
}

void Executor::learn_dirty(const RangeArgument& given) {
  const bool starts = given.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
  if (starts || given.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP) {
    for (Watcher* watcher : watchers_) watcher->tracking_switched(starts);
  } else if (given.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP) {
    answered({given.iova, given.iova + given.size - 1, page_bytes_, given.bitmap.data});
  }
}

void Executor::answered(const Answer& answer) {
  for (Watcher* watcher : watchers_) watcher->answered(answer);
}

void Executor::dropped(const LiveMapping& mapping) {
  for (Watcher* watcher : watchers_) watcher->mapping_dropped(mapping);
}

std::int64_t Executor::do_info(const Operation& operation, Step& step) {
  vfio_iommu_type1_info info = {};
  info.argsz = static_cast<__u32>(
      bent(operation, Field::argsz, ArgumentArea::kBytes - 2 * ArgumentArea::kGuard));
  return user_call(Verb::info, VFIO_IOMMU_GET_INFO, place_argument(operation, &info, sizeof(info)),
                   step);
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

std::int64_t Executor::do_ioctl(const Operation& operation, Step& step) {
  static constexpr std::array<std::uint8_t, 64> kZeros = {};
  const std::uint64_t argument = place_argument(operation, kZeros.data(), kZeros.size());
  return user_call(Verb::ioctl, static_cast<unsigned>(operation.number), argument, step);
}

}  // namespace tidemark
