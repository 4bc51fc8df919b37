// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "linux_bitmap.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>

namespace tidemark::reference {

namespace {

constexpr std::uint64_t kNoEnd = ~std::uint64_t{0};
constexpr std::uint64_t kWordBits = 64;

std::uint64_t words_of(std::uint64_t bits) { return (bits + kWordBits - 1) / kWordBits; }

}  // namespace

// B2: whole words are shifted, as many as the mapping's last bit gets to. What is in
// words behind them stays where it is.
void LinuxBitmap::shift(unsigned by, std::uint64_t bits) {
  const std::uint64_t end = words_of(bits + by) * kWordBits;
  PageSet shifted;
  for_each_run(bits_, {0, kNoEnd}, [&](PageRange run, const auto&) {
    add(shifted, {std::max(run.first, end), std::max(run.end, end)});
    if (run.first >= end) return;
    add(shifted, {std::min(run.first + by, end), std::min(std::min(run.end, end) + by, end)});
  });
  bits_ = std::move(shifted);
}

// B2: what lower mappings have stored in the first word, and what else is in it.
bool LinuxBitmap::join_leftover(std::uint64_t address, unsigned shift, Quirks quirks,
                                Surroundings& surroundings) {
  std::uint64_t leftover = 0;
  if (!surroundings.copy_from_user(&leftover, address, sizeof leftover)) return false;
  if (!quirks.has(Quirk::odd_offset)) leftover &= (std::uint64_t{1} << shift) - 1;
  for (; leftover != 0; leftover &= leftover - 1) {
    const auto bit = static_cast<std::uint64_t>(std::countr_zero(leftover));
    set(bit, bit + 1);
  }
  return true;
}

// Sets `words`, which are zeros, to those of the bitmap from bit `from` on.
void LinuxBitmap::read(std::uint64_t from, std::span<std::uint64_t> words) const {
  for_each_run(bits_, {from, from + words.size() * kWordBits}, [&](PageRange run, const auto&) {
    for (std::uint64_t bit = run.first - from; bit < run.end - from;) {
      const std::uint64_t part = std::min(run.end - from - bit, kWordBits - bit % kWordBits);
      words[bit / kWordBits] |= ~std::uint64_t{0} >> (kWordBits - part) << bit % kWordBits;
      bit += part;
    }
  });
}

// R11: word by word, ascending.
bool LinuxBitmap::store(std::uint64_t address, std::uint64_t words, Quirks quirks,
                        Surroundings& surroundings, Quirks& seen) const {
  std::array<std::uint64_t, 512> chunk;
  for (std::uint64_t first = 0; first < words; first += chunk.size()) {
    const std::size_t count = std::min<std::uint64_t>(words - first, chunk.size());
    chunk.fill(0);
    read(first * kWordBits, {chunk.data(), count});
    const auto end = chunk.begin() + static_cast<std::ptrdiff_t>(count);
    const bool all = quirks.has(Quirk::clean_words);
    if (std::find(chunk.begin(), end, 0) != end) seen.add(Quirk::clean_words);
    for (auto from = chunk.begin(); from != end;) {
      const auto to = all ? end : std::find_if(from, end, [](auto word) { return word == 0; });
      const auto at = address + (first + static_cast<std::uint64_t>(from - chunk.begin())) * 8;
      const auto bytes = static_cast<std::size_t>(to - from) * 8;
      if (bytes != 0 && !surroundings.copy_to_user(at, &*from, bytes)) return false;
      from = std::find_if(to, end, [](auto word) { return word != 0; });
    }
  }
  return true;
}

bool LinuxBitmap::report(const Answer& answer, Quirks quirks, Surroundings& surroundings,
                         Quirks& seen) {
  const auto by = static_cast<unsigned>(answer.offset % kWordBits);
  const std::uint64_t address = answer.address + answer.offset / kWordBits * 8;
  const PageSet before = bits_;
  const bool stray = !first_run(bits_, {answer.bits, kNoEnd}).empty();
  if (!quirks.has(Quirk::odd_offset)) clear(answer.bits, kNoEnd);
  if (by != 0) shift(by, answer.bits);
  const bool stored = (by == 0 || join_leftover(address, by, quirks, surroundings)) &&
                      store(address, words_of(answer.bits + by), quirks, surroundings, seen);
  if (stray || (by != 0 && !bits_.empty())) seen.add(Quirk::odd_offset);
  if (!stored) seen.add(Quirk::failed_copy);
  if (!quirks.has(Quirk::odd_offset) || (!stored && !quirks.has(Quirk::failed_copy)))
    bits_ = before;
  return stored;
}

}  // namespace tidemark::reference
