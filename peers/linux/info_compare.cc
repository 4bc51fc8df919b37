// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <linux/vfio.h>

#include <cstring>
#include <map>
#include <optional>
#include <string>

#include "expected.h"

namespace tidemark {
namespace {

template <class T>
T read(const ArgumentArea& area, std::size_t offset) {
  T value;
  std::memcpy(&value, area.bytes.data() + ArgumentArea::kGuard + offset, sizeof(value));
  return value;
}

constexpr std::size_t kRoom = ArgumentArea::kBytes - 2 * ArgumentArea::kGuard;

// Bytes of a capability, its header included, by what it says it is.
std::size_t bytes_of(const ArgumentArea& area, std::size_t offset) {
  switch (read<std::uint16_t>(area, offset)) {
    case VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION:
      return 32;
    case VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL:
      return 12;
    case VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE:
      return 16 + 16 * std::size_t{read<std::uint32_t>(area, offset + 8)};
    default:
      return 0;
  }
}

struct Capabilities {
  std::string contents;  // without `next`, in their order
  std::size_t end = 0;   // offset of the first byte behind them; 0 if there are none
};

// Nothing if they are broken.
std::optional<Capabilities> capabilities(const ArgumentArea& area) {
  Capabilities result;
  std::size_t offset = read<std::uint32_t>(area, offsetof(vfio_iommu_type1_info, cap_offset));
  while (offset) {
    if (offset % 4 || offset + 16 > kRoom) return std::nullopt;
    const std::size_t bytes = bytes_of(area, offset);
    if (!bytes || offset + bytes > kRoom) return std::nullopt;
    const auto* data =
        reinterpret_cast<const char*>(area.bytes.data() + ArgumentArea::kGuard + offset);
    result.contents.append(data, 4).append(data + 8, bytes - 8);
    result.end = offset + bytes;
    offset = read<std::uint32_t>(area, offset + 4);
  }
  return result;
}

}  // namespace

bool same_but_for_gaps(const ArgumentArea& actual, const ArgumentArea& expected) {
  if (read<std::uint32_t>(actual, 4) != read<std::uint32_t>(expected, 4) ||
      read<std::uint64_t>(actual, 8) != read<std::uint64_t>(expected, 8))
    return false;
  const auto a = capabilities(actual), e = capabilities(expected);
  if (!a || !e) return false;
  const auto asks = read<std::uint32_t>(actual, 0), asked = read<std::uint32_t>(expected, 0);
  if (asks == asked) return a->contents == e->contents;
  // There was no room with the gap, which is the one behind DMA_AVAIL.
  return a->end == 0 && asks == (e->end ? e->end : asked) + 4;
}

}  // namespace tidemark
