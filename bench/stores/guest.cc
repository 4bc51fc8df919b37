// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "guest.h"

#include <linux/vfio.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "check.h"
#include "executor.h"

namespace tidemark::bench {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kMemory = std::uint64_t{1} << 60;  // where the guest's is; there is none
constexpr std::uint64_t kRun = 8;                          // pages that are pinned at once
constexpr int kEmulated = 0;                               // the address is the group's name

// The user's addresses are ours, and the guest's memory is not looked at.
std::size_t copy(void* to, const void* from, std::uint64_t user, std::size_t bytes) {
  if (user < kMemory) std::memcpy(to, from, bytes);
  return 0;
}

}  // namespace

Guest::Guest(tidemark_store store, std::uint64_t pages)
    : pages_(pages), bitmap_((pages + 63) / 64) {
  machine_.process = &process_;
  process_.ipc_lock = true;
  machine_.copy_to_user = [](void*, __u64 to, const void* from, std::size_t bytes) {
    return copy(reinterpret_cast<void*>(to), from, to, bytes);
  };
  machine_.copy_from_user = [](void*, void* to, __u64 from, std::size_t bytes) {
    return copy(to, reinterpret_cast<const void*>(from), from, bytes);
  };
  machine_.pin = [](void*, __u64 vaddr, __u64, bool, __u64* pfn) -> __s64 {
    *pfn = vaddr / kPage;
    return 1;
  };
  machine_.unpin = [](void*, __u64, __u64, bool) {};
  machine_.access_ok = [](void*, __u64, __u64) { return true; };
  os_current = &machine_;
  os_call_begin(&call_);
  const tidemark_config config = {VFIO_TYPE1v2_IOMMU, TIDEMARK_RANGE_WHOLE, 65535, store};
  check(tidemark_container_create(&config, &container_) == 0, "bench.create");
  const tidemark_group_info emulated = {};
  check(tidemark_group_attach(container_, &kEmulated, &emulated) == 0, "bench.attach");
  vfio_iommu_type1_dma_map map = {.argsz = sizeof(map),
                                  .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
                                  .vaddr = kMemory,
                                  .iova = 0,
                                  .size = pages * kPage};
  ioctl(VFIO_IOMMU_MAP_DMA, &map);
}

Guest::~Guest() {
  os_current = &machine_;
  if (device_.dma_unmap) tidemark_device_unregister(container_, &device_);
  tidemark_container_destroy(container_);
  os_call_end(&call_);
  os_current = nullptr;
}

void Guest::ioctl(unsigned command, void* argument) {
  const long result =
      tidemark_container_ioctl(container_, command, reinterpret_cast<unsigned long>(argument));
  check(result == 0, "bench.ioctl");
}

void Guest::start() {
  bytes_at_start_ = call_.nr_bytes;
  vfio_iommu_type1_dirty_bitmap start = {};
  start.argsz = sizeof(start);
  start.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
  ioctl(VFIO_IOMMU_DIRTY_PAGES, &start);
}

void Guest::stop() {
  vfio_iommu_type1_dirty_bitmap stop = {};
  stop.argsz = sizeof(stop);
  stop.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;
  ioctl(VFIO_IOMMU_DIRTY_PAGES, &stop);
}

void Guest::write(std::uint64_t page, std::uint64_t pages) {
  const char* nowhere = reinterpret_cast<const char*>(kMemory);
  check(tidemark_memory_write(container_, page * kPage, nowhere, pages * kPage) == 0,
        "bench.write");
}

void Guest::dirty(std::uint64_t one_in) {
  constexpr std::uint64_t kWord = 64;
  if (one_in == 1)  // not more at once, so that each word of marks is written
    for (std::uint64_t page = 0; page < pages_; page += kWord) write(page, kWord);
  else
    for (std::uint64_t i = 0; i < pages_ / one_in; ++i) write(random_() % pages_, 1);
}

void Guest::pin(std::uint64_t pages) {
  device_.dma_unmap = [](tidemark_device*, __u64, __u64) {};
  tidemark_device_register(container_, &device_);
  std::array<__u64, kRun> pfns = {};
  const std::uint64_t step = pages_ / (pages / kRun);
  for (std::uint64_t i = 0; i < pages / kRun; ++i)
    check(tidemark_pages_pin(container_, &kEmulated, i * step * kPage, kRun,
                             TIDEMARK_READ | TIDEMARK_WRITE, pfns.data()) == kRun,
          "bench.pin");
}

void Guest::query() {
  RangeArgument query = {};
  query.argsz = sizeof(query);
  query.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
  query.size = pages_ * kPage;
  query.bitmap = {kPage, bitmap_.size() * sizeof(bitmap_[0]),
                  reinterpret_cast<std::uint64_t>(bitmap_.data())};
  ioctl(VFIO_IOMMU_DIRTY_PAGES, &query);
}

}  // namespace tidemark::bench
