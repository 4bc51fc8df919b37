// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The world around one subject: processes with their memory, any 8 bytes of which can
// fault, their limits, and devices that are called back.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "guest_memory.h"
#include "host_layout.h"
#include "processes.h"
#include "program.h"
#include "user_memory.h"

namespace tidemark {

inline constexpr std::uint64_t kUserLimit = 0x7ffffffff000;  // of access_ok

// Called inside UNMAP_DMA, without any lock of the subject held.
class UnmapListener {
 public:
  virtual void dma_unmap(unsigned device, std::uint64_t iova, std::uint64_t bytes) = 0;

 protected:
  ~UnmapListener() = default;
};

struct UserFault {
  std::uint64_t first = 0, last = 0;  // user addresses, inclusive
  bool on_read = false, on_write = false;
  bool on_pin = false;  // not there to be pinned: a signal comes
};

class World {
 public:
  // One set of areas for an operation, one for an operation in its window.
  static constexpr unsigned kDepths = 2;
  static constexpr std::uint64_t kDepthStride = 0x40000000;

  void reset(const Setup& setup, UnmapListener* listener);

  // Copies up to the first byte that faults; returns the number of bytes not
  // copied, as the kernel's functions do.
  std::size_t copy_from_user(void* to, std::uint64_t from, std::size_t bytes);
  std::size_t copy_to_user(std::uint64_t to, const void* from, std::size_t bytes);
  // As copy_from_user(), but nothing faults, and what is not there is 0.
  void peek(void* to, std::uint64_t from, std::size_t bytes) const;
  // What the last ioctl has stored at an address; nothing if it has not. Never faults.
  std::optional<std::uint8_t> stored(std::uint64_t address) const;
  bool access_ok(std::uint64_t address, std::uint64_t bytes) const;
  // How many of the pages from `vaddr` on can be pinned at once: up to one that
  // cannot, or that does not follow the one before it in the host.
  std::uint64_t pinnable_pages(std::uint64_t vaddr, std::uint64_t pages) const;
  // Why the page at `vaddr` cannot.
  int pin_error(std::uint64_t vaddr) const;
  static std::uint64_t pfn_of(std::uint64_t vaddr) { return host_page_of(vaddr / kPageBytes); }
  static std::uint64_t vaddr_of(std::uint64_t pfn) { return user_page_of(pfn) * kPageBytes; }
  void dma_unmap(unsigned device, std::uint64_t iova, std::uint64_t bytes) {
    listener_->dma_unmap(device, iova, bytes);
  }

  GuestMemory memory;
  std::array<ArgumentArea, kDepths> arguments;
  std::array<BitmapArea, kDepths> bitmaps;
  UserFault fault, other_fault;
  Processes processes;
  std::uint64_t fail_allocation = 0;  // 1: the next one fails; 0: none does
  bool allocation_failed = false;     // set by a subject when it did
  // Which of the maps that the operation tells IOMMUs fails, from 0.
  static constexpr std::uint64_t kNoMap = ~std::uint64_t{0};
  std::uint64_t failing_iommu_map = kNoMap;
  std::uint64_t iommu_maps = 0;  // that could be, so far
  bool iommu_map_fails() { return iommu_maps++ == failing_iommu_map; }
  bool asks_aside = false;  // the call that runs belongs to no operation
  // An ioctl runs: what is copied to the user is its answer, and not a device's writing.
  // Where that went, but for bitmaps' areas.
  struct Answered {
    std::uint64_t first, end;  // bytes
  };
  bool answers_user = false;
  std::vector<Answered> answers;

 private:
  // How many of the bytes can be copied, and where they are.
  enum class Where { nowhere, argument, bitmap, ram };
  struct Place {
    Where where = Where::nowhere;
    unsigned depth = 0;
    std::size_t bytes = 0;
  };
  Place place(std::uint64_t address, std::size_t bytes) const;
  // Up to where the faults leave it.
  std::size_t left(std::uint64_t address, std::size_t bytes, bool write) const;
  void read(const Place& place, void* to, std::uint64_t from) const;
  Place place_or_fault(std::uint64_t address, std::size_t bytes, bool write) const;

  UnmapListener* listener_ = nullptr;
};

}  // namespace tidemark
