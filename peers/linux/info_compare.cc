// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <linux/vfio.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "known_differences.h"

namespace tidemark {
namespace {

template <class T>
T read(const ArgumentArea& area, std::size_t offset) {
  T value;
  std::memcpy(&value, area.bytes.data() + ArgumentArea::kGuard + offset, sizeof(value));
  return value;
}

constexpr std::size_t kGap = 4;  // behind DMA_AVAIL, the only one
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

bool is_all(const ArgumentArea& area, std::size_t first, std::size_t end, std::uint8_t value) {
  const auto begin = area.bytes.begin() + ArgumentArea::kGuard;
  return std::all_of(begin + static_cast<std::ptrdiff_t>(first),
                     begin + static_cast<std::ptrdiff_t>(end),
                     [value](std::uint8_t byte) { return byte == value; });
}

// Where the next may begin.
std::size_t padded(std::size_t end) { return (end + 7) / 8 * 8; }

// Nothing if they are broken, or have anything but padding between them.
std::optional<Capabilities> capabilities(const ArgumentArea& area) {
  Capabilities result;
  std::size_t end = sizeof(vfio_iommu_type1_info);
  std::size_t offset = read<std::uint32_t>(area, offsetof(vfio_iommu_type1_info, cap_offset));
  while (offset) {
    if (offset + 16 > kRoom || (offset != end && offset != padded(end))) return std::nullopt;
    const std::size_t bytes = bytes_of(area, offset);
    if (!bytes || offset + bytes > kRoom || !is_all(area, end, offset, 0)) return std::nullopt;
    const auto* data =
        reinterpret_cast<const char*>(area.bytes.data() + ArgumentArea::kGuard + offset);
    result.contents.append(data, 4).append(data + 8, bytes - 8);
    result.end = end = offset + bytes;
    offset = read<std::uint32_t>(area, offset + 4);
  }
  return result;
}

// Of `actual`, that is what lies around the struct and its capabilities. The last byte of
// the area is never written to.
bool rest_is_untouched(const ArgumentArea& actual, const ArgumentArea& expected, std::size_t end) {
  constexpr std::size_t kStruct = sizeof(vfio_iommu_type1_info);
  constexpr std::size_t kTold = offsetof(vfio_iommu_type1_info, cap_offset) + sizeof(__u32);
  const std::size_t behind = end ? padded(end) : kStruct;
  return std::equal(actual.bytes.begin(), actual.bytes.begin() + ArgumentArea::kGuard,
                    expected.bytes.begin()) &&
         is_all(actual, kTold, kStruct, 0) && is_all(actual, end, end ? behind : 0, 0) &&
         is_all(actual, behind, kRoom + ArgumentArea::kGuard, expected.bytes.back());
}

}  // namespace

bool same_but_for_gaps(const ArgumentArea& actual, const ArgumentArea& expected) {
  if (read<std::uint32_t>(actual, 4) != read<std::uint32_t>(expected, 4) ||
      read<std::uint64_t>(actual, 8) != read<std::uint64_t>(expected, 8))
    return false;
  const auto a = capabilities(actual), e = capabilities(expected);
  if (!a || !e || !rest_is_untouched(actual, expected, a->end)) return false;
  const auto asks = read<std::uint32_t>(actual, 0), asked = read<std::uint32_t>(expected, 0);
  if (asks == asked) return a->contents == e->contents;
  // There was no room with the gap, which is the one behind DMA_AVAIL.
  return a->end == 0 && asks == (e->end ? e->end : asked) + kGap;
}

}  // namespace tidemark
