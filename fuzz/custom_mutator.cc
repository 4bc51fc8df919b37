// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What libFuzzer and Centipede ask for when a target has its own mutator. The
// engine's own still gets a share: it finds what the fields' codes hide.
#include <cstring>

#include "mutator.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  static tidemark::Mutator mutator(seed);
  if (seed % 8 == 0 || max_size < 2 * tidemark::kRecordBytes)
    return LLVMFuzzerMutate(data, size, max_size);
  std::vector<std::uint8_t> bytes(data, data + size);
  mutator.vary(bytes, max_size, seed);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
