// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "user_memory.h"

#include <algorithm>
#include <cstring>

namespace tidemark {

void WordNumbers::clear() {
  runs_.assign(1, kNone);
  size_ = 0;
}

void WordNumbers::add(std::int64_t number) {
  ++size_;
  if (runs_.size() > 1 && runs_[runs_.size() - 2].last + 1 == number) {
    runs_[runs_.size() - 2].last = number;
    return;
  }
  runs_.back() = {number, number};
  runs_.push_back(kNone);
}

void BitmapArea::resize(std::uint32_t words) {
  if (words_ == words && !chunks_.empty()) return;
  words_ = words;
  chunks_.resize(static_cast<std::size_t>(words_ + 2 * kGuard - 1) / Chunk::kWords + 1);
}

void BitmapArea::reset(bool used) {
  constexpr std::size_t kKeptWords = std::size_t{1} << 20;
  fill_ = used ? 0xa5a5a5a5a5a5a5a5u : 0;
  if (touched_.size() > kKeptWords)
    for (auto& chunk : chunks_) chunk.reset();
  touched_.clear();
  if (++now_ != 0) return;
  for (const auto& chunk : chunks_)
    if (chunk) chunk->time = 0;
  now_ = 1;
}

BitmapArea::Chunk& BitmapArea::chunk_of(std::size_t position) {
  std::unique_ptr<Chunk>& chunk = chunks_[position >> Chunk::kShift];
  if (!chunk) chunk = std::make_unique<Chunk>();
  if (chunk->time != now_) {
    chunk->time = now_;
    chunk->written.reset();
  }
  return *chunk;
}

bool BitmapArea::written(std::int64_t index) const {
  const auto at = static_cast<std::size_t>(index + kGuard);
  const Chunk* chunk = chunks_[at >> Chunk::kShift].get();
  return chunk && chunk->time == now_ && chunk->written[at % Chunk::kWords];
}

std::uint64_t BitmapArea::word(std::int64_t index) const {
  const auto at = static_cast<std::size_t>(index + kGuard);
  return written(index) ? chunks_[at >> Chunk::kShift]->words[at % Chunk::kWords] : fill_;
}

void BitmapArea::write(std::int64_t offset, const std::uint8_t* from, std::size_t bytes) {
  auto at = static_cast<std::size_t>(offset + 8 * kGuard);
  while (bytes) {
    Chunk& chunk = chunk_of(at / 8);
    const std::size_t i = at / 8 % Chunk::kWords;
    const std::size_t part = std::min<std::size_t>(bytes, 8 - at % 8);
    if (!chunk.written[i]) {
      chunk.written[i] = true;
      chunk.words[i] = fill_;
      touched_.add(static_cast<std::int64_t>(at / 8) - kGuard);
    }
    std::memcpy(reinterpret_cast<std::uint8_t*>(&chunk.words[i]) + at % 8, from, part);
    at += part;
    from += part;
    bytes -= part;
  }
}

void BitmapArea::read(std::int64_t offset, std::uint8_t* to, std::size_t bytes) const {
  for (std::size_t n = 0; n < bytes; ++n) {
    const auto at = static_cast<std::size_t>(offset + 8 * kGuard) + n;
    const std::uint64_t value = word(static_cast<std::int64_t>(at / 8) - kGuard);
    to[n] = static_cast<std::uint8_t>(value >> at % 8 * 8);
  }
}

WordRuns stored_words(const BitmapArea& bitmap, std::int64_t first, std::size_t most) {
  WordRuns words;
  for (const std::int64_t index : bitmap.touched()) {
    if (words.size() > most) break;
    const auto number = static_cast<std::uint64_t>(index + first);
    add_words(words, {number, number, bitmap.word(index)});
  }
  return words;
}

}  // namespace tidemark
