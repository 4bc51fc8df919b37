// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The ioctls: arguments in, checks in the contract's order, results out.
#include <linux/vfio.h>

#include <bit>
#include <cerrno>

#include "model.h"

namespace tidemark::reference {

namespace {

constexpr std::uint64_t kMostBitmapBytes = std::uint64_t{1} << 28;  // R12

// The sizes that the contract names.
constexpr std::size_t kInfoBytes = 16;          // up to cap_offset
constexpr std::size_t kInfoBytesWithCaps = 20;  // up to and with cap_offset
constexpr std::size_t kInfoCapsOffset = 24;
static_assert(sizeof(vfio_iommu_type1_info) == kInfoCapsOffset);
static_assert(sizeof(vfio_iommu_type1_info_cap_migration) == 32);
static_assert(sizeof(vfio_iommu_type1_info_dma_avail) == 12);
static_assert(sizeof(vfio_iommu_type1_dma_map) == 32);
static_assert(sizeof(vfio_iommu_type1_dma_unmap) == 24);
static_assert(sizeof(vfio_bitmap) == 24);
static_assert(sizeof(vfio_iommu_type1_dirty_bitmap) == 8);
static_assert(sizeof(vfio_iommu_type1_dirty_bitmap_get) == 40);

// Is [first, first + bytes) inside 0 .. 2^64, its end included (B4), and not empty?
bool nonempty_without_wrap(std::uint64_t first, std::uint64_t bytes) {
  return bytes != 0 && first + (bytes - 1) >= first;
}

// The pages of a range of whole pages that does not wrap.
PageRange pages_of(std::uint64_t iova, std::uint64_t bytes) {
  const Page first = iova >> kPageShift;
  return {first, first + (bytes >> kPageShift)};
}

void put(std::vector<unsigned char>& bytes, const void* value, std::size_t size) {
  const auto* from = static_cast<const unsigned char*>(value);
  bytes.insert(bytes.end(), from, from + size);
}
void put32(std::vector<unsigned char>& bytes, std::uint32_t value) { put(bytes, &value, 4); }
void put64(std::vector<unsigned char>& bytes, std::uint64_t value) { put(bytes, &value, 8); }

// struct vfio_info_cap_header of a capability that ends at `end`, of version 1.
void put_header(std::vector<unsigned char>& chain, std::uint16_t id, std::size_t end, bool last) {
  put32(chain, id | 1U << 16);
  put32(chain, last ? 0 : static_cast<std::uint32_t>(kInfoCapsOffset + end));
}

}  // namespace

std::int64_t Model::ioctl(unsigned command, std::uint64_t argument) {
  switch (command) {
    case VFIO_CHECK_EXTENSION:
      return check_extension(argument);
    case VFIO_IOMMU_GET_INFO:
      return get_info(argument);
    case VFIO_IOMMU_MAP_DMA:
      return map_dma(argument);
    case VFIO_IOMMU_UNMAP_DMA:
      return unmap_dma(argument);
    case VFIO_IOMMU_DIRTY_PAGES:
      return dirty_pages(argument);
    default:
      return -ENOTTY;
  }
}

// D13.
int Model::check_extension(std::uint64_t number) {
  switch (number) {
    case VFIO_TYPE1_IOMMU:
    case VFIO_TYPE1v2_IOMMU:
    case VFIO_UNMAP_ALL:
      return 1;
    case VFIO_DMA_CC_IOMMU:
      for (const AttachedGroup& a : groups_) {
        if (a.group.kind.hardware && !a.group.kind.cache_coherent) return 0;
      }
      return 1;
    default:
      return 0;
  }
}

// D14: the capability chain. Written field by field, because the structs have
// padding, and N2 wants every byte that leaves to be a known one.
std::vector<unsigned char> Model::info_capabilities() {
  std::vector<unsigned char> chain;
  put_header(chain, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, 32, false);
  put32(chain, 0);  // flags
  put32(chain, 0);  // padding
  put64(chain, smallest_page());
  put64(chain, kMostBitmapBytes);
  put_header(chain, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 32 + 12, !has_range_list_);
  put32(chain, dma_available());
  if (!has_range_list_) return chain;
  put_header(chain, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 0, true);
  put32(chain, static_cast<std::uint32_t>(ranges_.size()));
  put32(chain, 0);  // reserved
  for (const ByteRange& range : ranges_) {
    put64(chain, range.first);
    put64(chain, range.last);
  }
  return chain;
}

// D14: how much of the struct a user with room for `argsz` bytes gets.
std::size_t Model::info_bytes(std::uint32_t argsz) {
  return argsz < kInfoBytesWithCaps ? kInfoBytes : kInfoBytesWithCaps;
}

// D14.
int Model::get_info(std::uint64_t argument) {
  vfio_iommu_type1_info info = {};
  if (!surroundings_.copy_from_user(&info, argument, kInfoBytes)) return -EFAULT;
  if (info.argsz < kInfoBytes) return -EINVAL;
  if (!surroundings_.has_memory(MemoryPoint::chain)) return -ENOMEM;
  const std::size_t bytes = info_bytes(info.argsz);
  info.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
  info.iova_pgsizes = page_sizes();

  const std::vector<unsigned char> caps = info_capabilities();
  if (info.argsz < kInfoCapsOffset + caps.size()) {
    info.argsz = static_cast<std::uint32_t>(kInfoCapsOffset + caps.size());
  } else {
    const std::uint64_t to = argument + kInfoCapsOffset;
    if (!surroundings_.copy_to_user(to, caps.data(), caps.size())) return -EFAULT;
    info.cap_offset = kInfoCapsOffset;
  }
  return surroundings_.copy_to_user(argument, &info, bytes) ? 0 : -EFAULT;
}

// R15, D10.
int Model::map_dma(std::uint64_t argument) {
  vfio_iommu_type1_dma_map map = {};
  if (!surroundings_.copy_from_user(&map, argument, sizeof map)) return -EFAULT;
  constexpr std::uint32_t kKnown = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
  if (map.argsz < sizeof map || (map.flags & ~kKnown) != 0 || map.flags == 0) return -EINVAL;
  if (!aligned(map.size | map.iova | map.vaddr)) return -EINVAL;
  if (const int error = check_numbers(map.iova, map.size)) return error;
  if (const int error = check_numbers(map.vaddr, map.size)) return error;
  const PageRange range = pages_of(map.iova, map.size);
  const int rights = ((map.flags & VFIO_DMA_MAP_FLAG_READ) != 0 ? kRead : 0) |
                     ((map.flags & VFIO_DMA_MAP_FLAG_WRITE) != 0 ? kWrite : 0);
  return insert_mapping({range.first, range.end, map.vaddr, rights, surroundings_.caller()});
}

// R12, D15: may the user's bitmap hold the pages of `range_bytes`?
bool Model::bitmap_fits(std::uint64_t address, std::uint64_t bitmap_bytes, std::uint64_t pgsize,
                        std::uint64_t range_bytes) {
  if (!surroundings_.access_ok(address, bitmap_bytes) || pgsize == 0) return false;
  const std::uint64_t pages = range_bytes >> std::countr_zero(pgsize);
  const std::uint64_t needed = (pages / 64 + (pages % 64 != 0 ? 1 : 0)) * 8;
  return pages != 0 && bitmap_bytes >= needed && bitmap_bytes <= kMostBitmapBytes;
}

// R13: the part of the arguments that comes with the bitmap flag.
int Model::read_unmap_bitmap(std::uint64_t argument, std::uint32_t argsz, Unmap& unmap) {
  constexpr std::size_t kHeader = sizeof(vfio_iommu_type1_dma_unmap);
  vfio_bitmap bitmap = {};
  if (unmap.all || argsz < kHeader + sizeof bitmap) return -EINVAL;
  if (!surroundings_.copy_from_user(&bitmap, argument + kHeader, sizeof bitmap)) return -EFAULT;
  unmap.bitmap_pgsize = bitmap.pgsize;
  unmap.bitmap_address = std::bit_cast<std::uint64_t>(bitmap.data);
  return bitmap_fits(unmap.bitmap_address, bitmap.size, bitmap.pgsize, unmap.size) ? 0 : -EINVAL;
}

// R12, R15.
int Model::check_numbers(std::uint64_t first, std::uint64_t bytes) {
  return nonempty_without_wrap(first, bytes) ? 0 : -EINVAL;
}

// R13, R14.
int Model::check_numbers(const Unmap& unmap) {
  if (unmap.all) return (unmap.iova | unmap.size) != 0 ? -EINVAL : 0;
  return check_numbers(unmap.iova, unmap.size);
}

// R13, R14.
int Model::unmap_dma(std::uint64_t argument) {
  vfio_iommu_type1_dma_unmap header = {};
  if (!surroundings_.copy_from_user(&header, argument, sizeof header)) return -EFAULT;
  constexpr std::uint32_t kKnown = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_ALL;
  if (header.argsz < sizeof header || (header.flags & ~kKnown) != 0) return -EINVAL;
  Unmap unmap;
  unmap.iova = header.iova;
  unmap.size = header.size;
  unmap.all = (header.flags & VFIO_DMA_UNMAP_FLAG_ALL) != 0;
  unmap.with_bitmap = (header.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) != 0;
  if (unmap.with_bitmap) {
    if (const int error = read_unmap_bitmap(argument, header.argsz, unmap)) return error;
  }
  if (const int error = check_numbers(unmap)) return error;
  unmap.range = unmap.all ? kAllPages : pages_of(unmap.iova, unmap.size);
  return this->unmap(unmap, header, argument);
}

// D6, D7. Nothing is unmapped before everything has been copied out.
int Model::unmap(const Unmap& unmap, vfio_iommu_type1_dma_unmap& header, std::uint64_t argument) {
  if (const int error = check_unmap(unmap)) return error;
  if (const int error = take_back_pins(unmap)) return error;
  if (unmap.with_bitmap && !store_dirty(unmap.range, unmap.bitmap_address)) return -EFAULT;
  header.size = bytes_mapped_in(unmapped_by(unmap));
  if (!surroundings_.copy_to_user(argument, &header, sizeof header)) return -EFAULT;
  remove_mappings(unmapped_by(unmap));
  return 0;
}

// R12.
int Model::dirty_pages(std::uint64_t argument) {
  if (settings_.type == VFIO_TYPE1_IOMMU) return -EACCES;
  vfio_iommu_type1_dirty_bitmap header = {};
  if (!surroundings_.copy_from_user(&header, argument, sizeof header)) return -EFAULT;
  if (header.argsz < sizeof header) return -EINVAL;
  switch (header.flags) {
    case VFIO_IOMMU_DIRTY_PAGES_FLAG_START:
      return start_tracking();
    case VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP:
      stop_tracking();
      return 0;
    case VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP:
      return get_bitmap(argument, header.argsz);
    default:
      return -EINVAL;  // none, several or unknown ones
  }
}

// R12.
int Model::get_bitmap(std::uint64_t argument, std::uint32_t argsz) {
  constexpr std::size_t kHeader = sizeof(vfio_iommu_type1_dirty_bitmap);
  vfio_iommu_type1_dirty_bitmap_get get = {};
  if (argsz < kHeader + sizeof get) return -EINVAL;
  if (!surroundings_.copy_from_user(&get, argument + kHeader, sizeof get)) return -EFAULT;
  const std::uint64_t address = std::bit_cast<std::uint64_t>(get.bitmap.data);
  if (const int error = check_numbers(get.iova, get.size)) return error;
  if (!bitmap_fits(address, get.bitmap.size, get.bitmap.pgsize, get.size)) return -EINVAL;
  if (get.bitmap.pgsize != smallest_page()) return -EINVAL;
  if (!aligned(get.iova | get.size)) return -EINVAL;
  return query(pages_of(get.iova, get.size), address);
}

}  // namespace tidemark::reference
