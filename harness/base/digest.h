// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Numbers that stand for outputs: enough to tell two of them apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tidemark {

// FNV-1a over words.
inline std::uint64_t mix(std::uint64_t digest, std::uint64_t word) {
  digest = (digest ^ word) * 0x100000001b3u;
  return digest ^ digest >> 29;
}

inline std::uint64_t digest_of(const std::uint8_t* data, std::size_t bytes) {
  std::uint64_t digest = bytes, word = 0;
  for (; bytes >= 8; data += 8, bytes -= 8) {
    std::memcpy(&word, data, 8);
    digest = mix(digest, word);
  }
  word = 0;
  std::memcpy(&word, data, bytes);
  return mix(digest, word);
}

}  // namespace tidemark
