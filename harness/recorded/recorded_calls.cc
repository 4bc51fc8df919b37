// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recorded_calls.h"

#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "host_layout.h"
#include "program_tail.h"
#include "program_text.h"

namespace tidemark {
namespace {

constexpr std::uint32_t kRights = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
constexpr std::uint32_t kUnmapFlags =
    VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_ALL;
constexpr std::size_t kUnmapBytes = sizeof(vfio_iommu_type1_dma_unmap);
constexpr std::size_t kDirtyBytes = sizeof(vfio_iommu_type1_dirty_bitmap);
constexpr std::size_t kRangeBytes = kUnmapBytes + sizeof(vfio_bitmap);
constexpr std::uint64_t kKernelAddress = 0xffff800000000000;  // no user may name it
constexpr std::uint64_t kUsualInfoBytes = 192;                // of `info`: docs/programs.md

// In the order of the fields.
void bend(RecordedCall& call, Field field, std::uint64_t value) {
  Operation& operation = call.operation;
  Bend& free = operation.bend.field == Field::none ? operation.bend : operation.other_bend;
  call.too_odd |= free.field != Field::none;
  free = {field, value, {field == Field::argsz ? Written::usual : Written::hex}};
}

void bend_if_not(RecordedCall& call, Field field, std::uint64_t value, std::uint64_t usual) {
  if (value != usual) bend(call, field, value);
}

void set_range(RecordedCall& call, const RecordedLine& line) {
  call.operation.address = quantity_of(line.iova);
  call.operation.size = quantity_of(line.size);
}

void set_bitmap(RecordedCall& call, const RecordedLine& line, const RecordedWorld& world) {
  constexpr std::uint64_t kWordBits = 64;
  const std::uint64_t pages = line.size / world.page_bytes;
  const std::uint64_t words = pages / kWordBits + (pages % kWordBits != 0);
  bend_if_not(call, Field::pgsize, line.pgsize, world.page_bytes);
  bend_if_not(call, Field::bitmap_size, line.bitmap_size, words * 8);
  if (line.bitmap_in_kernel) bend(call, Field::bitmap_pointer, kKernelAddress);
}

void set_words(RecordedCall& call, const RecordedLine& line) {
  const bool known = line.words && !line.used && !line.more;
  if (line.result == 0 && known && line.words->size() <= kMaxLineWords)
    call.expectation.words = *line.words;
}

void add_map(RecordedCall& call, const RecordedLine& line) {
  Operation& operation = call.operation;
  operation.verb = Verb::map;
  set_range(call, line);
  const std::uint64_t vaddr = line.vaddr_is_iova ? line.iova : line.vaddr;
  operation.vaddr = {.base = Base::fresh, .bytes = static_cast<std::int64_t>(vaddr % kPageBytes)};
  if (line.vaddr_wraps) operation.vaddr = {.base = Base::top, .bytes = -1};
  operation.flags =
      static_cast<std::uint16_t>((line.flags & VFIO_DMA_MAP_FLAG_READ ? kReadable : 0) |
                                 (line.flags & VFIO_DMA_MAP_FLAG_WRITE ? kWritable : 0));
  bend_if_not(call, Field::argsz, line.argsz, sizeof(vfio_iommu_type1_dma_map));
  bend_if_not(call, Field::flags, line.flags, line.flags & kRights);
}

void add_unmap(RecordedCall& call, const RecordedLine& line, const RecordedWorld& world) {
  Operation& operation = call.operation;
  operation.verb = Verb::unmap;
  const bool bitmap = line.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
  operation.flags = static_cast<std::uint16_t>((bitmap ? kWithBitmap : 0) |
                                               (line.flags & VFIO_DMA_UNMAP_FLAG_ALL ? kAll : 0));
  set_range(call, line);
  bend_if_not(call, Field::argsz, line.argsz, bitmap ? kRangeBytes : kUnmapBytes);
  bend_if_not(call, Field::flags, line.flags, line.flags & kUnmapFlags);
  if (line.has_bitmap) set_bitmap(call, line, world);
  call.expectation.size = line.unmapped;
  set_words(call, line);
}

void add_dirty(RecordedCall& call, const RecordedLine& line, const RecordedWorld& world) {
  Operation& operation = call.operation;
  const bool query = line.flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
  std::uint64_t flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
  operation.verb = Verb::start;
  if (query) {
    operation.verb = Verb::query, flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
    set_range(call, line);
    set_words(call, line);
  } else if (line.flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP) {
    operation.verb = Verb::stop, flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;
  }
  bend_if_not(call, Field::argsz, line.argsz, query ? kRangeBytes : kDirtyBytes);
  bend_if_not(call, Field::flags, line.flags, flags);
  if (line.has_bitmap) set_bitmap(call, line, world);
}

// False if it is not all there.
template <typename Struct>
bool read(std::string_view bytes, std::size_t at, Struct& value) {
  if (at > bytes.size() || bytes.size() - at < sizeof(value)) return false;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return true;
}

// With the zeros that the log leaves out at its end.
std::string whole_reply(const RecordedLine& line) {
  constexpr std::uint64_t kMostInLog = 1024;
  std::string bytes = line.bytes;
  bytes.resize(std::max<std::size_t>(bytes.size(), std::min(line.argsz, kMostInLog)));
  return bytes;
}

// How far each capability is from the beginning, by its id.
Expectation::Pairs chain_of(std::string_view bytes, const vfio_iommu_type1_info& info) {
  constexpr std::size_t kMostCapabilities = 16;
  Expectation::Pairs chain;
  vfio_info_cap_header header = {};
  std::uint32_t offset = info.flags & VFIO_IOMMU_INFO_CAPS ? info.cap_offset : 0;
  while (offset && chain.size() < kMostCapabilities && read(bytes, offset, header)) {
    chain.emplace_back(header.id, offset);
    offset = header.next;
  }
  return chain;
}

// Up to the first that no kernel gives.
std::vector<AddressRange> ranges_at(std::string_view bytes, std::size_t at) {
  struct Head {
    vfio_info_cap_header header;
    __u32 count, reserved;
  } head = {};
  static_assert(sizeof(Head) == offsetof(vfio_iommu_type1_info_cap_iova_range, iova_ranges));
  std::vector<AddressRange> ranges;
  if (!read(bytes, at, head)) return ranges;
  vfio_iova_range range = {};
  for (std::size_t i = 0; i < head.count; ++i) {
    if (!read(bytes, at + sizeof(head) + i * sizeof(range), range)) break;
    const bool ascends = ranges.empty() || range.start > ranges.back().last;
    if (!ascends || range.end < range.start) break;
    ranges.push_back({range.start, range.end});
  }
  return ranges;
}

void expect_info(Expectation& expectation, InfoField field, std::uint64_t value) {
  expectation.info[static_cast<std::size_t>(field)] = value;
}

void expect_capability(Expectation& expectation, std::string_view bytes, std::uint64_t id,
                       std::size_t at) {
  vfio_iommu_type1_info_cap_migration migration = {};
  vfio_iommu_type1_info_dma_avail left = {};
  if (id == VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION && read(bytes, at, migration)) {
    expect_info(expectation, InfoField::migration_flags, migration.flags);
    expect_info(expectation, InfoField::pgsize_bitmap, migration.pgsize_bitmap);
    expect_info(expectation, InfoField::max_dirty_bitmap_size, migration.max_dirty_bitmap_size);
  }
  if (id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL && read(bytes, at, left))
    expect_info(expectation, InfoField::dma_avail, left.avail);
}

constexpr std::size_t kCapOffsetAt = offsetof(vfio_iommu_type1_info, cap_offset);

// Only what the kernel has put there: of a struct without room for it no capabilities.
void add_info(RecordedCall& call, const RecordedLine& line, const RecordedWorld& world) {
  call.operation.verb = Verb::info;
  bend_if_not(call, Field::argsz, line.argsz, kUsualInfoBytes);
  const std::string bytes = whole_reply(line);
  Expectation& expectation = call.expectation;
  vfio_iommu_type1_info info = {};
  if (line.result != 0 || bytes.size() < kCapOffsetAt) return;
  std::memcpy(&info, bytes.data(), std::min(bytes.size(), sizeof(info)));
  expect_info(expectation, InfoField::argsz, info.argsz);
  expect_info(expectation, InfoField::flags, info.flags);
  expect_info(expectation, InfoField::iova_pgsizes, info.iova_pgsizes);
  if (bytes.size() < kCapOffsetAt + sizeof(info.cap_offset)) return;
  expect_info(expectation, InfoField::cap_offset, info.cap_offset);
  expectation.capabilities = chain_of(bytes, info);
  for (const auto& [id, at] : *expectation.capabilities)
    expect_capability(expectation, bytes, id, at);
  const RecordedInfo told = recorded_info(line);
  if (world.moved || told.ranges.empty() || told.ranges.size() > kMaxLineItems) return;
  expectation.iova_ranges.emplace();
  for (const AddressRange& range : told.ranges)
    expectation.iova_ranges->emplace_back(range.first, range.last);
}

Verb usual_verb(RecordedVerb verb) {
  switch (verb) {
    case RecordedVerb::map:
      return Verb::map;
    case RecordedVerb::unmap:
      return Verb::unmap;
    case RecordedVerb::info:
      return Verb::info;
    default:
      return Verb::start;
  }
}

// Whatever it was that could not be read.
void add_unreadable(RecordedCall& call, const RecordedLine& line) {
  call.operation.verb = usual_verb(line.verb);
  if (call.operation.verb == Verb::map) {
    call.operation.flags = kReadable | kWritable;
    call.operation.vaddr = {.base = Base::fresh};
  }
  if (call.operation.verb == Verb::map || call.operation.verb == Verb::unmap)
    call.operation.size = quantity_of(kPageBytes);
  bend(call, Field::argument, 0);
}

// What may have been wrong where the arguments do not say it. Of an argument that is in no memory
// nothing else is looked at, and nothing is changed.
void add_fault(RecordedCall& call, const RecordedLine& line, const RecordedWorld& world) {
  Operation& operation = call.operation;
  const bool maps = line.verb == RecordedVerb::map;
  const bool starts = operation.verb == Verb::start;
  if (line.result == -ENOMEM &&
      (starts || line.verb == RecordedVerb::info || (maps && !world.hardware))) {
    operation.fault.kind = FaultKind::allocation;
  } else if (line.result == -EFAULT && maps && world.hardware) {
    operation.fault.kind = FaultKind::memory;
  } else if (line.result == -EFAULT) {
    // With hardware there is something to be stored.
    const bool bitmap = line.has_bitmap && world.hardware;
    operation.bend = operation.other_bend = {};
    call.too_odd = false;
    bend(call, bitmap ? Field::bitmap_pointer : Field::argument, 0);
  }
}

}  // namespace

RecordedCall recorded_call(const RecordedLine& line, const RecordedWorld& world) {
  RecordedCall call;
  call.expectation.result = line.result;
  if (!line.readable) {
    add_unreadable(call, line);
  } else if (line.verb == RecordedVerb::map) {
    add_map(call, line);
  } else if (line.verb == RecordedVerb::unmap) {
    add_unmap(call, line, world);
  } else if (line.verb == RecordedVerb::dirty) {
    add_dirty(call, line, world);
  } else if (line.verb == RecordedVerb::info) {
    add_info(call, line, world);
  } else {
    call.operation.verb = line.verb == RecordedVerb::extension ? Verb::extension : Verb::ioctl;
    call.operation.number = line.argument;
  }
  const bool has_argument =
      line.verb != RecordedVerb::extension && line.verb != RecordedVerb::ioctl;
  if (line.readable && has_argument) add_fault(call, line, world);
  return call;
}

RecordedInfo recorded_info(const RecordedLine& line) {
  const std::string bytes = whole_reply(line);
  RecordedInfo told;
  vfio_iommu_type1_info info = {};
  if (line.result != 0 || bytes.size() < kCapOffsetAt) return told;
  std::memcpy(&info, bytes.data(), std::min(bytes.size(), sizeof(info)));
  told.pgsizes = info.iova_pgsizes;
  const Expectation::Pairs chain = chain_of(bytes, info);
  told.has_capabilities = !chain.empty();
  for (const auto& [id, at] : chain) {
    vfio_iommu_type1_info_dma_avail left = {};
    if (id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE) told.ranges = ranges_at(bytes, at);
    if (id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL && read(bytes, at, left))
      told.entries_left = left.avail;
  }
  return told;
}

}  // namespace tidemark
