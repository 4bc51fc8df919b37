// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The model alone, with a user of its own around it.
#pragma once

#include <gtest/gtest.h>
#include <linux/vfio.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <vector>

#include "model.h"

namespace tidemark::reference {

inline constexpr std::uint64_t kPage = 4096;
inline constexpr std::uint64_t kArgument = 0x10000;
inline constexpr std::uint64_t kBitmap = 0x20000;
inline constexpr std::uint64_t kMemory = 0x40000000;  // user memory that is mapped
inline constexpr std::uint64_t kHostOffset = 0x7000;  // of host pages from user pages
inline constexpr std::uint64_t kUserTop = std::uint64_t{1} << 47;

// User memory that is 0 until written, with two bad spots. What lies at kMemory
// and above can be written and read, but is not kept: nothing depends on it.
class FakeUser : public Surroundings {
 public:
  void poke(std::uint64_t to, const void* from, std::size_t bytes) {
    for (std::size_t i = 0; to < kMemory && i < bytes; ++i) {
      bytes_[to + i] = static_cast<const unsigned char*>(from)[i];
    }
  }
  void peek(void* to, std::uint64_t from, std::size_t bytes) {
    for (std::size_t i = 0; from < kMemory && i < bytes; ++i) {
      static_cast<unsigned char*>(to)[i] = bytes_[from + i];
    }
  }
  bool copy_from_user(void* to, std::uint64_t from, std::size_t bytes) override {
    if (touches(unreadable, from, bytes)) return false;
    peek(to, from, bytes);
    return true;
  }
  bool copy_to_user(std::uint64_t to, const void* from, std::size_t bytes) override {
    ++copies;
    largest_copy = std::max(largest_copy, bytes);
    if (touches(unwritable, to, bytes)) return false;
    poke(to, from, bytes);
    return true;
  }
  bool access_ok(std::uint64_t address, std::uint64_t bytes) override {
    return bytes <= kUserTop && address <= kUserTop - bytes;
  }
  std::uint64_t contiguous_pages(std::uint64_t vaddr, std::uint64_t pages) override {
    return std::min(pages, run_pages - vaddr / kPage % run_pages);
  }
  std::uint64_t pinnable_pages(std::uint64_t vaddr, std::uint64_t pages) override {
    pages = contiguous_pages(vaddr, pages);
    if (vaddr > unpinnable) return pages;
    return std::min(pages, (unpinnable - vaddr) / kPage);
  }
  int pin_error(std::uint64_t) override { return -EFAULT; }
  std::uint64_t failing_iommu_map() override { return failing_map; }
  Owner caller() override { return {}; }
  int enter_process(std::size_t) override { return process_error; }
  bool is_gone(std::size_t) override { return false; }
  std::uint64_t locked_limit_pages(std::size_t) override { return limit; }
  std::uint64_t locked_elsewhere(std::size_t) override { return 0; }
  std::uint64_t pfn_of(std::uint64_t vaddr) override { return vaddr / kPage + kHostOffset; }
  void dma_unmap(unsigned device, std::uint64_t iova, std::uint64_t bytes) override {
    on_unmap(device, iova, bytes);
  }
  bool has_memory(MemoryPoint point) override {
    points.push_back(point);
    return points.size() <= memory;
  }
  std::size_t pins_with_memory(const std::vector<Page>& pages) override {
    pins = pages;
    return std::min(pages.size(), memory);
  }

  ByteRange unreadable = {1, 0};
  ByteRange unwritable = {1, 0};
  std::uint64_t unpinnable = ~std::uint64_t{0};  // address of the page that cannot be pinned
  std::uint64_t limit = ~std::uint64_t{0} >> 12;
  std::uint64_t failing_map = kNone;  // which map that IOMMUs are asked for
  int process_error = 0;
  std::uint64_t run_pages = std::uint64_t{1} << 40;  // of consecutive host pages
  int copies = 0;
  std::size_t largest_copy = 0;
  std::size_t memory = ~std::size_t{0};  // for so many points
  std::vector<MemoryPoint> points;       // come to
  std::vector<Page> pins;                // that the last pin came to
  std::function<void(unsigned, std::uint64_t, std::uint64_t)> on_unmap;

 private:
  static bool touches(const ByteRange& bad, std::uint64_t at, std::size_t bytes) {
    return bad.first <= bad.last && at <= bad.last && at + bytes > bad.first;
  }
  std::map<std::uint64_t, unsigned char> bytes_;
};

inline GroupKind hardware(std::uint64_t pgsizes = ~std::uint64_t{4095}) {
  GroupKind kind;
  kind.hardware = true;
  kind.pgsizes = pgsizes;
  return kind;
}

// A container with emulated group 0 and device 0, which unpins what is asked
// back, and short names for the ioctls. Sizes and addresses are bytes.
struct Bench {
  explicit Bench(const Settings& settings = {}) : model(settings, user) {
    model.attach_group(0, {});
    model.register_device(0);
    user.on_unmap = [this](unsigned, std::uint64_t iova, std::uint64_t bytes) {
      while (count_pages(model.pins(), {iova / kPage, (iova + bytes - 1) / kPage + 1}) > 0) {
        for (std::uint64_t at = 0; at < bytes; at += kPage) model.unpin_pages(iova + at, 1);
      }
    };
  }
  template <class Struct>
  void put(const Struct& value, std::uint64_t offset = 0) {
    user.poke(kArgument + offset, &value, sizeof value);
  }
  std::int64_t map(std::uint64_t iova, std::uint64_t size, std::uint64_t vaddr = kMemory,
                   std::uint32_t flags = 3, std::uint32_t argsz = 32) {
    put(vfio_iommu_type1_dma_map{argsz, flags, vaddr, iova, size});
    return model.ioctl(VFIO_IOMMU_MAP_DMA, kArgument);
  }
  // `unmapped` becomes the struct's size field.
  std::int64_t unmap(std::uint64_t iova, std::uint64_t size, std::uint32_t flags = 0,
                     std::uint64_t pgsize = kPage) {
    vfio_iommu_type1_dma_unmap header = {};
    header.argsz = 48;
    header.flags = flags;
    header.iova = iova;
    header.size = size;
    put(header);
    put(vfio_bitmap{pgsize, 1 << 20, reinterpret_cast<__u64*>(kBitmap)}, 24);
    const std::int64_t result = model.ioctl(VFIO_IOMMU_UNMAP_DMA, kArgument);
    user.peek(&unmapped, kArgument + 16, 8);
    return result;
  }
  std::int64_t dirty(std::uint32_t flags, std::uint32_t argsz = 8) {
    put(std::array<std::uint32_t, 2>{argsz, flags});
    return model.ioctl(VFIO_IOMMU_DIRTY_PAGES, kArgument);
  }
  std::int64_t start() { return dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START); }
  std::int64_t query(std::uint64_t iova, std::uint64_t size, std::uint64_t pgsize = kPage,
                     std::uint64_t bitmap_bytes = 1 << 20, std::uint64_t data = kBitmap) {
    put(
        vfio_iommu_type1_dirty_bitmap_get{
            iova, size, {pgsize, bitmap_bytes, reinterpret_cast<__u64*>(data)}},
        8);
    for (int i = 0; i < 4; ++i) set_word(i, 0);
    return dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, 48);
  }
  std::uint64_t word(int i) {
    std::uint64_t value = 0;
    user.peek(&value, kBitmap + static_cast<std::uint64_t>(i) * 8, 8);
    return value;
  }
  void set_word(int i, std::uint64_t value) {
    user.poke(kBitmap + static_cast<std::uint64_t>(i) * 8, &value, 8);
  }
  int pin(std::uint64_t iova, int count = 1, unsigned group = 0, int rights = kRead) {
    return model.pin_pages(group, iova, count, rights, pfns.data());
  }
  int write(std::uint64_t iova, std::size_t bytes) {
    std::vector<char> data(bytes, 'x');
    return model.rw(iova, data.data(), bytes, true);
  }

  FakeUser user;
  Model model;
  std::uint64_t unmapped = 0;
  std::array<std::uint64_t, 512> pfns{};
};

}  // namespace tidemark::reference
