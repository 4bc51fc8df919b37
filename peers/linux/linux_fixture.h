// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What the tests of this folder share that call a version of Linux by hand: a
// container in a world, with nobody to compare it with.
#pragma once

#include <gtest/gtest.h>
#include <linux/vfio.h>

#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "known_differences.h"
#include "linux_kernel.h"
#include "linux_subject.h"

namespace tidemark {

class HandsOn : public testing::TestWithParam<LinuxVersion>, UnmapListener {
 protected:
  static constexpr std::uint32_t kReadWrite = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;

  void SetUp() override { open({}); }
  void open(const tidemark::Setup& setup) {
    subject_.reset();
    world_.reset(setup, this);
    subject_ = GetParam().make(setup, world_);
  }
  LinuxSubject& linux_subject() { return dynamic_cast<LinuxSubject&>(*subject_); }

  // All in bytes; each returns what the ioctl does.
  std::int64_t map(std::uint64_t iova, std::uint64_t bytes, std::uint32_t flags = kReadWrite) {
    return map_at(kRamFirst + iova % (std::uint64_t{1} << 32), iova, bytes, flags);
  }
  std::int64_t map_at(std::uint64_t vaddr, std::uint64_t iova, std::uint64_t bytes,
                      std::uint32_t flags = kReadWrite) {
    put(0, vfio_iommu_type1_dma_map{sizeof(vfio_iommu_type1_dma_map), flags, vaddr, iova, bytes});
    return subject_->ioctl(VFIO_IOMMU_MAP_DMA, kArgument);
  }
  std::int64_t unmap(std::uint64_t iova, std::uint64_t bytes, std::uint32_t flags = 0) {
    vfio_iommu_type1_dma_unmap unmap = {};
    unmap.argsz = sizeof(unmap) + sizeof(vfio_bitmap);
    unmap.flags = flags;
    unmap.iova = iova;
    unmap.size = bytes;
    put(0, unmap);
    put(sizeof(unmap), bitmap_for(bytes));
    const std::int64_t result = subject_->ioctl(VFIO_IOMMU_UNMAP_DMA, kArgument);
    std::memcpy(&unmap, world_.arguments[0].bytes.data(), sizeof(unmap));
    unmapped_ = unmap.size;
    return result;
  }
  std::int64_t start() { return dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START); }
  std::int64_t stop() { return dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP); }
  std::int64_t query(std::uint64_t iova, std::uint64_t bytes) {
    put(kDirtyHeader, vfio_iommu_type1_dirty_bitmap_get{iova, bytes, bitmap_for(bytes)});
    return dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP);
  }
  std::int64_t info() {
    vfio_iommu_type1_info info = {};
    info.argsz = sizeof(info);
    put(0, info);
    return subject_->ioctl(VFIO_IOMMU_GET_INFO, kArgument);
  }
  // What the last query, or unmap with a bitmap, stored: the numbers of its bits.
  std::vector<std::uint64_t> reported() const {
    std::vector<std::uint64_t> bits;
    for (const std::int64_t i : world_.bitmaps[0].touched())
      for (unsigned bit = 0; bit < 64; ++bit)
        if (i >= 0 && world_.bitmaps[0].word(i) >> bit & 1)
          bits.push_back(64 * static_cast<std::uint64_t>(i) + bit);
    return bits;
  }
  int write(std::uint64_t iova, std::size_t bytes = 1) {
    std::vector<std::uint8_t> data(bytes, 0xff);
    return subject_->rw(iova, data.data(), bytes, true);
  }
  int pin(unsigned group, std::uint64_t iova, int count, int rights = 3) {
    return subject_->pin(group, iova, count, rights, pfns_.data());
  }
  linux_circumstances& now() { return linux_subject().circumstances(); }
  std::vector<std::string> warnings() { return linux_subject().take_warnings(); }

  World world_;
  std::unique_ptr<Subject> subject_;
  std::uint64_t unmapped_ = 0;                   // bytes, by the last unmap()
  std::array<std::uint64_t, 512> pfns_ = {};     // of the last pin()
  std::function<void(std::uint64_t)> callback_;  // what every device does with an iova

 private:
  static constexpr std::uint64_t kArgument = ArgumentArea::kBase;
  static constexpr std::size_t kDirtyHeader = sizeof(vfio_iommu_type1_dirty_bitmap);

  void dma_unmap(unsigned, std::uint64_t iova, std::uint64_t) override {
    if (callback_) callback_(iova);
  }
  template <class T>
  void put(std::size_t offset, const T& value) {
    std::memcpy(world_.arguments[0].bytes.data() + offset, &value, sizeof(value));
  }
  vfio_bitmap bitmap_for(std::uint64_t bytes) {
    world_.bitmaps[0].reset(false);
    const std::uint64_t page_bytes = subject_->sizes().page_sizes & -subject_->sizes().page_sizes;
    return {page_bytes, (bytes / page_bytes + 63) / 64 * 8,
            reinterpret_cast<__u64*>(BitmapArea::kBase)};
  }
  std::int64_t dirty(std::uint32_t flag) {
    const std::uint32_t argsz = kDirtyHeader + sizeof(vfio_iommu_type1_dirty_bitmap_get);
    put(0, std::array{argsz, flag});
    return subject_->ioctl(VFIO_IOMMU_DIRTY_PAGES, kArgument);
  }
};

}  // namespace tidemark
