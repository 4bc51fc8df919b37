// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What lies around one subject: a process whose memory is simulated, so that
// any 8 bytes of it can fault and every byte that is written is seen, and
// devices that are called back.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "guest_memory.h"
#include "host_pages.h"
#include "operation.h"

namespace tidemark {

// The kinds of hardware groups that `attach gN hardware=K` chooses from (K
// modulo their number).
struct HardwareKind {
  struct Range {
    std::uint64_t first, last;
  };
  std::uint64_t pgsizes;  // bit n: pages of 2^n bytes
  bool cache_coherent;
  Range aperture;
  std::array<Range, 2> reserved;
  unsigned nr_reserved;
};
inline constexpr unsigned kHardwareKinds = 8;
const HardwareKind& hardware_kind(unsigned number);

inline constexpr std::uint64_t kUserLimit = 0x7ffffffff000;  // of access_ok

// The ioctl's argument with guards on both sides.
struct ArgumentArea {
  static constexpr std::uint64_t kBase = 0x10000;
  static constexpr std::size_t kGuard = 32;
  static constexpr std::size_t kBytes = 256;
  std::array<std::uint8_t, kBytes> bytes;
};

// The user's bitmap: words [-kGuard, kWords + kGuard), of which [0, kWords) are
// backed by memory and the others too, so that stray writes are seen. Forgetting
// all words is O(1).
class BitmapArea {
 public:
  static constexpr std::uint64_t kBase = 0x20000000;
  static constexpr std::int64_t kGuard = 8;
  static constexpr std::int64_t kWords = 8192;  // 524,288 pages

  // Every word again what the user left in it: zeros, or old bits.
  void reset(bool used);
  // Words written since, in the order of their first write.
  std::span<const std::int64_t> touched() const { return touched_; }
  std::uint64_t word(std::int64_t index) const;
  bool written(std::int64_t index) const {
    return written_[static_cast<std::size_t>(index + kGuard)] == now_;
  }

  // `offset` in bytes from word 0; the bytes lie in the area.
  void write(std::int64_t offset, const std::uint8_t* from, std::size_t bytes);
  void read(std::int64_t offset, std::uint8_t* to, std::size_t bytes) const;
  static bool has_word(std::int64_t index) { return index >= -kGuard && index < kWords + kGuard; }
  static bool contains(std::uint64_t address) {
    return address - (kBase - 8 * kGuard) < 8 * (kWords + 2 * kGuard);
  }

 private:
  std::uint64_t fill_ = 0;
  std::uint32_t now_ = 1;
  std::vector<std::uint32_t> written_ = std::vector<std::uint32_t>(kWords + 2 * kGuard, 0);
  std::vector<std::uint64_t> words_ = std::vector<std::uint64_t>(kWords + 2 * kGuard, 0);
  std::vector<std::int64_t> touched_;
};

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
};

class World {
 public:
  // One set of areas for an operation, one for an operation in its window.
  static constexpr unsigned kDepths = 2;
  static constexpr std::uint64_t kDepthStride = 0x1000000;

  void reset(const Setup& setup, UnmapListener* listener);

  // Copies up to the first byte that faults; returns the number of bytes not
  // copied, as the kernel's functions do.
  std::size_t copy_from_user(void* to, std::uint64_t from, std::size_t bytes);
  std::size_t copy_to_user(std::uint64_t to, const void* from, std::size_t bytes);
  bool access_ok(std::uint64_t address, std::uint64_t bytes) const;
  // How many of the pages from `vaddr` on can be pinned at once: up to one that
  // cannot, or that does not follow the one before it in the host.
  std::uint64_t pinnable_pages(std::uint64_t vaddr, std::uint64_t pages) const;
  static std::uint64_t pfn_of(std::uint64_t vaddr) { return host_page_of(vaddr / kPageBytes); }
  static std::uint64_t vaddr_of(std::uint64_t pfn) { return user_page_of(pfn) * kPageBytes; }
  void dma_unmap(unsigned device, std::uint64_t iova, std::uint64_t bytes) {
    listener_->dma_unmap(device, iova, bytes);
  }

  GuestMemory memory;
  std::array<ArgumentArea, kDepths> arguments;
  std::array<BitmapArea, kDepths> bitmaps;
  UserFault fault;
  std::uint64_t memlock_pages = kUnlimited;
  std::uint64_t fail_allocation = 0;  // 1: the next one fails; 0: none does
  bool allocation_failed = false;     // set by a subject when it did

 private:
  // How many of the bytes can be copied, and where they are.
  enum class Where { nowhere, argument, bitmap, ram };
  struct Place {
    Where where = Where::nowhere;
    unsigned depth = 0;
    std::size_t bytes = 0;
  };
  Place place(std::uint64_t address, std::size_t bytes, bool write) const;

  UnmapListener* listener_ = nullptr;
};

}  // namespace tidemark
