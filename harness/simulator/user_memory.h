// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The areas of user memory that ioctls read and write: the argument struct and the
// bitmap, with guards, so that every byte that is written is seen.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "program.h"

namespace tidemark {

// The ioctl's argument with guards on both sides.
struct ArgumentArea {
  static constexpr std::uint64_t kBase = 0x10000;
  static constexpr std::size_t kGuard = 32;
  static constexpr std::size_t kBytes = 256;
  static constexpr std::uint8_t kUnset = 0xa5;  // no call was given these bytes
  std::array<std::uint8_t, kBytes> bytes;
};

// Numbers of words, in the order in which they were added, kept as runs: a bitmap has up
// to 33 million. A range for loops and algorithms.
class WordNumbers {
 public:
  struct Run {
    std::int64_t first, last;
    bool operator==(const Run&) const = default;
  };
  class Iterator {
   public:
    using value_type = std::int64_t;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const Run* run) : run_(run), number_(run->first) {}
    std::int64_t operator*() const { return number_; }
    Iterator& operator++() {
      number_ = number_ == run_->last ? (++run_)->first : number_ + 1;
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const = default;

   private:
    const Run* run_ = nullptr;
    std::int64_t number_ = 0;
  };

  void clear();
  void add(std::int64_t number);
  std::size_t size() const { return size_; }
  bool empty() const { return !size_; }
  std::int64_t front() const { return runs_.front().first; }
  Iterator begin() const { return Iterator(runs_.data()); }
  Iterator end() const { return Iterator(&runs_.back()); }
  bool operator==(const WordNumbers& other) const { return runs_ == other.runs_; }

 private:
  static constexpr Run kNone = {0, -1};
  std::vector<Run> runs_{kNone};  // the last is none, for the iterators' sake
  std::size_t size_ = 0;
};

// The user's bitmap: words [-kGuard, words() + kGuard), of which [0, words()) are
// meant for it; the guards around them are memory as well, so that stray writes are seen.
// What is never written costs next to nothing, and forgetting all words is O(1).
class BitmapArea {
 public:
  static constexpr std::uint64_t kBase = 0x20000000;
  static constexpr std::int64_t kGuard = 8;

  BitmapArea() { resize(kBitmapWordsMax); }
  // `words` is 0 to kBitmapWordsMax.
  void resize(std::uint32_t words);
  std::int64_t words() const { return words_; }

  // Every word again what the user left in it: zeros, or old bits. Keeps what little it
  // allocated.
  void reset(bool used);
  // Words written since, in the order of their first write.
  const WordNumbers& touched() const { return touched_; }
  std::uint64_t word(std::int64_t index) const;
  bool written(std::int64_t index) const;

  // `offset` in bytes from word 0; the bytes lie in the area.
  void write(std::int64_t offset, const std::uint8_t* from, std::size_t bytes);
  void read(std::int64_t offset, std::uint8_t* to, std::size_t bytes) const;
  bool has_word(std::int64_t index) const { return index >= -kGuard && index < words_ + kGuard; }
  bool contains(std::uint64_t address) const { return address - (kBase - 8 * kGuard) < bytes(); }
  // Of user memory, with the guards.
  std::uint64_t bytes() const { return 8 * static_cast<std::uint64_t>(words_ + 2 * kGuard); }

 private:
  // Words that follow each other. What was written at another time than `now_` was not.
  struct Chunk {
    static constexpr unsigned kShift = 10;
    static constexpr std::size_t kWords = std::size_t{1} << kShift;
    std::uint32_t time = 0;
    std::bitset<kWords> written;
    std::array<std::uint64_t, kWords> words;
  };
  Chunk& chunk_of(std::size_t position);  // counted from the first guard's first word

  std::int64_t words_ = 0;
  std::uint64_t fill_ = 0;
  std::uint32_t now_ = 1;
  std::vector<std::unique_ptr<Chunk>> chunks_;  // null: never written
  WordNumbers touched_;
};

// The words that were stored, in their order; the area's first is number `first`. Those
// before word 0 have numbers below 0, modulo 2^64. Of more than `most` runs there are as many
// and one more.
WordRuns stored_words(const BitmapArea& bitmap, std::int64_t first,
                      std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace tidemark
