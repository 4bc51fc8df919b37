// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The areas of user memory that ioctls read and write: the argument struct and the
// bitmap, with guards, so that every byte that is written is seen.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tidemark {

// The ioctl's argument with guards on both sides.
struct ArgumentArea {
  static constexpr std::uint64_t kBase = 0x10000;
  static constexpr std::size_t kGuard = 32;
  static constexpr std::size_t kBytes = 256;
  std::array<std::uint8_t, kBytes> bytes;
};

// The user's bitmap: words [-kGuard, kWords + kGuard), of which [0, kWords) are
// meant for it; the guards around them are memory as well, so that stray writes are seen.
// Forgetting all words is O(1).
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

}  // namespace tidemark
