// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "user_memory.h"

#include <algorithm>
#include <cstring>

namespace tidemark {

void BitmapArea::reset(bool used) {
  fill_ = used ? 0xa5a5a5a5a5a5a5a5u : 0;
  touched_.clear();
  if (++now_ == 0) {
    std::fill(written_.begin(), written_.end(), 0);
    now_ = 1;
  }
}

std::uint64_t BitmapArea::word(std::int64_t index) const {
  const auto i = static_cast<std::size_t>(index + kGuard);
  return written_[i] == now_ ? words_[i] : fill_;
}

void BitmapArea::write(std::int64_t offset, const std::uint8_t* from, std::size_t bytes) {
  auto at = static_cast<std::size_t>(offset + 8 * kGuard);
  while (bytes) {
    const std::size_t i = at / 8, part = std::min<std::size_t>(bytes, 8 - at % 8);
    if (written_[i] != now_) {
      written_[i] = now_;
      words_[i] = fill_;
      touched_.push_back(static_cast<std::int64_t>(i) - kGuard);
    }
    std::memcpy(reinterpret_cast<std::uint8_t*>(&words_[i]) + at % 8, from, part);
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

}  // namespace tidemark
