// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "reducer.h"

#include <algorithm>
#include <bit>

namespace tidemark::iommufd {
namespace {

using Holds = std::function<bool(const Program&)>;

bool take_out(Program& program, std::size_t first, std::size_t count, const Holds& holds) {
  Program smaller = program;
  const auto begin = smaller.operations.begin() + static_cast<std::ptrdiff_t>(first);
  smaller.operations.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
  if (!holds(smaller)) return false;
  program = std::move(smaller);
  return true;
}

// True if any went.
bool fewer_operations(Program& program, const Holds& holds) {
  bool any = false;
  for (std::size_t count = program.operations.size(); count > 0; count /= 2) {
    for (std::size_t first = 0; first + count <= program.operations.size();) {
      if (take_out(program, first, count, holds))
        any = true;
      else
        first += count;
    }
  }
  return any;
}

// The values that are tried for one operation, the plainest first.
std::vector<Operation> plainer(const Operation& operation) {
  std::vector<Operation> tries;
  const auto add = [&](const auto& change) {
    Operation other = operation;
    change(other);
    other = in_range(other);
    if (other != operation) tries.push_back(other);
  };
  add([](Operation& other) { other.missing = -1; });
  if (operation.missing > 0) add([](Operation& other) { other.missing = 0; });
  add([](Operation& other) { other.at = 0; });
  add([](Operation& other) { other.no_clear = false; });
  add([](Operation& other) { other.page_bytes = kPage; });
  add([](Operation& other) { other.run_bytes = 0; });
  add([](Operation& other) { other.run_offset = 0; });
  if (operation.run_bytes > kPage) add([](Operation& other) { other.run_bytes = kPage; });
  add([](Operation& other) { other.writable = true; });
  add([](Operation& other) { other.iova &= ~(kPage - 1); });
  for (const std::uint64_t bytes :
       {kPage, operation.bytes / 2 & ~(kPage - 1), std::bit_floor(operation.bytes)})
    if (bytes != 0 && bytes < operation.bytes)
      add([bytes](Operation& other) { other.bytes = bytes; });
  // Page by page only where that comes to an end.
  const bool few = operation.bytes > kPage && operation.bytes <= 64 * kPage;
  if (few) add([](Operation& other) { other.bytes -= kPage; });
  if (few)
    add([](Operation& other) {
      other.bytes -= kPage;
      other.iova += kPage;
    });
  return tries;
}

bool plainer_values(Program& program, const Holds& holds) {
  bool any = false;
  for (std::size_t i = 0; i < program.operations.size(); ++i) {
    bool again = true;
    while (again) {
      again = false;
      for (const Operation& operation : plainer(program.operations[i])) {
        Program other = program;
        other.operations[i] = operation;
        if (!holds(other)) continue;
        program = std::move(other);
        any = again = true;
        break;
      }
    }
  }
  return any;
}

// All of it nearer to 0.
bool lower(Program& program, const Holds& holds) {
  std::uint64_t lowest = ~std::uint64_t{0};
  for (const Operation& operation : program.operations)
    if (operation.verb != Verb::track) lowest = std::min(lowest, operation.iova);
  for (unsigned shift = 64; shift-- > 12;) {
    const std::uint64_t by = lowest >> shift << shift;
    if (by == 0 || lowest == ~std::uint64_t{0}) continue;
    Program other = program;
    for (Operation& operation : other.operations)
      if (operation.verb != Verb::track) operation.iova -= by;
    if (!holds(other)) continue;
    program = std::move(other);
    return true;
  }
  return false;
}

}  // namespace

Program reduced(Program program, const Holds& holds) {
  bool again = true;
  for (int rounds = 0; again && rounds < 20; ++rounds) {
    again = fewer_operations(program, holds);
    again = plainer_values(program, holds) || again;
    again = lower(program, holds) || again;
  }
  return program;
}

}  // namespace tidemark::iommufd
