// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Changes programs as programs: whole operations come, go, move and are copied,
// and single fields change. On their bytes (program_bytes.h), so that an
// engine's corpus stays what it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "program_bytes.h"

namespace tidemark {

class Mutator {
 public:
  // Deterministic: the same seed and the same calls give the same programs.
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  // One to a few edits of `bytes`, in place; the result has at most `max_bytes`
  // (more than a record) and at least an operation. Some edits take operations
  // from programs that were seen before. A microsecond or so.
  void mutate(std::vector<std::uint8_t>& bytes, std::size_t max_bytes);
  // What an engine gets for an input of its corpus: some rounds of that, and now and then of a
  // program from nothing, as a corpus only knows what once was new. `choice`, any number, says
  // how many, and which.
  void vary(std::vector<std::uint8_t>& bytes, std::size_t max_bytes, unsigned choice);

 private:
  using Record = std::array<std::uint8_t, kRecordBytes>;
  using Records = std::vector<Record>;

  std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(random_()); }
  Record random_record();
  // The end is where a program is likely to get on.
  std::size_t place_in(const Records& operations);
  void remember(const Records& operations);

  void insert(Records& operations);
  void erase(Records& operations);
  void copy(Records& operations);
  void splice(Records& operations);
  void swap(Records& operations);
  void tweak(Records& operations);
  void edit(Records& operations);

  std::mt19937_64 random_;
  std::vector<Records> seen_;
  std::uint64_t verbs_ = ~std::uint64_t{0};  // that insert() chooses from, by code
};

}  // namespace tidemark
