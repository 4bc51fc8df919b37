// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "info_reply.h"

#include <linux/vfio.h>

#include <algorithm>

#include "program_text.h"

namespace tidemark {
namespace {

template <typename Struct>
Struct read(const World& world, std::uint64_t address) {
  Struct value;
  world.peek(&value, address, sizeof(value));
  return value;
}

void put(Expectation& reply, InfoField field, std::uint64_t value) {
  reply.info[static_cast<std::size_t>(field)] = value;
}

void add_migration(const World& world, std::uint64_t at, Expectation& reply) {
  const auto migration = read<vfio_iommu_type1_info_cap_migration>(world, at);
  put(reply, InfoField::migration_flags, migration.flags);
  put(reply, InfoField::pgsize_bitmap, migration.pgsize_bitmap);
  put(reply, InfoField::max_dirty_bitmap_size, migration.max_dirty_bitmap_size);
}

void add_iova_ranges(const World& world, std::uint64_t at, Expectation& reply) {
  struct Range {
    __u64 first, last;
  };
  const auto head = read<vfio_iommu_type1_info_cap_iova_range>(world, at);
  const std::size_t count = std::min<std::size_t>(head.nr_iovas, kMaxLineItems);
  for (std::size_t i = 0; i < count; ++i) {
    const auto range = read<Range>(world, at + sizeof(head) + i * sizeof(Range));
    reply.iova_ranges->emplace_back(range.first, range.last);
  }
}

void add_capability(const World& world, std::uint64_t at, std::uint16_t id, Expectation& reply) {
  if (id == VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION) add_migration(world, at, reply);
  if (id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE) add_iova_ranges(world, at, reply);
  if (id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
    put(reply, InfoField::dma_avail, read<vfio_iommu_type1_info_dma_avail>(world, at).avail);
}

}  // namespace

void add_info_reply(const World& world, std::uint64_t argument, Expectation& reply) {
  constexpr std::size_t kMostCapabilities = 16;
  const auto info = read<vfio_iommu_type1_info>(world, argument);
  put(reply, InfoField::argsz, info.argsz);
  put(reply, InfoField::flags, info.flags);
  put(reply, InfoField::iova_pgsizes, info.iova_pgsizes);
  put(reply, InfoField::cap_offset, info.cap_offset);
  reply.capabilities.emplace();
  reply.iova_ranges.emplace();
  std::uint32_t offset = info.flags & VFIO_IOMMU_INFO_CAPS ? info.cap_offset : 0;
  while (offset && reply.capabilities->size() < kMostCapabilities) {
    const auto header = read<vfio_info_cap_header>(world, argument + offset);
    reply.capabilities->emplace_back(header.id, offset);
    add_capability(world, argument + offset, header.id, reply);
    offset = header.next;
  }
}

}  // namespace tidemark
