// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How a fuzzer makes and changes programs, with an eye for ranges that belong together.
#pragma once

#include <random>

#include "program.h"

namespace tidemark::iommufd {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  // Another program, of one operation at least and kMostOperations at most.
  void vary(Program& program);
  // One from nothing.
  Program make();

 private:
  std::uint64_t below(std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::uint64_t size(unsigned least_shift, unsigned most_shift);
  std::uint64_t place(std::uint64_t bytes);
  const Operation* some_map(const Program& program);
  Operation make_operation(const Program& program);
  void make_map(const Program& program, Operation& operation);
  void make_query(const Program& program, Operation& operation);
  void change(const Program& program, Operation& operation);
  void edit(Program& program);

  std::mt19937_64 random_;
};

}  // namespace tidemark::iommufd
