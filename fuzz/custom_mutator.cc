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
  // Now and then from nothing: the corpus only knows what once was new.
  std::vector<std::uint8_t> bytes;
  if (seed % 8 > 2) bytes.assign(data, data + size);
  const unsigned rounds = 1 + seed / 8 % (bytes.empty() ? 16 : 4);
  for (unsigned i = 0; i < rounds; ++i) mutator.mutate(bytes, max_size);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
