// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mutator.h"

#include <algorithm>
#include <bit>

namespace tidemark::iommufd {

// A power of two, small ones more often; sometimes one to three times one.
std::uint64_t Mutator::size(unsigned least_shift, unsigned most_shift) {
  const auto range = std::uint64_t{most_shift} - least_shift + 1;
  const std::uint64_t shift = least_shift + std::min(below(range), below(range));
  return (std::uint64_t{1} << shift) * (one_in(3) ? 1 + below(3) : 1);
}

// Where a mapping of that size may lie: near 0, near a border of the formats' levels, or at the
// top.
std::uint64_t Mutator::place(std::uint64_t bytes) {
  const std::uint64_t unit = std::bit_ceil(std::max(bytes, kPage));
  if (one_in(2)) return below(4) * unit;
  if (one_in(24)) return -bytes;  // ends at 2^64
  constexpr unsigned kBorders[] = {21, 30, 32, 39, 48, 57, 63};
  const std::uint64_t border = std::uint64_t{1} << kBorders[below(std::size(kBorders))];
  return one_in(2) ? border : border - std::min(border, below(3) * bytes);
}

const Operation* Mutator::some_map(const Program& program) {
  std::size_t maps = 0;
  const Operation* found = nullptr;
  for (const Operation& operation : program.operations)
    if (operation.verb == Verb::map && one_in(++maps)) found = &operation;
  return found;
}

void Mutator::make_map(const Program& program, Operation& operation) {
  operation.verb = Verb::map;
  operation.bytes = size(12, one_in(8) ? 42 : 22);
  const Operation* other = some_map(program);
  operation.iova = other && !one_in(6) ? other->iova + other->bytes : place(operation.bytes);
  operation.writable = !one_in(8);
  if (one_in(2)) operation.run_bytes = std::bit_floor(size(12, 22));
  if (operation.run_bytes && !one_in(16))  // few runs
    operation.bytes = operation.run_bytes * (1 + below(8)) - below(2) * kPage;
  if (operation.run_bytes && one_in(3)) operation.run_offset = below(512) * kPage;
}

void Mutator::make_query(const Program& program, Operation& operation) {
  operation.verb = Verb::query;
  const Operation* map = some_map(program);
  operation.iova = map ? map->iova : place(kPage);
  operation.bytes = map ? map->bytes : size(12, 22);
  const std::uint64_t pages = std::max<std::uint64_t>(operation.bytes / kPage, 1);
  if (one_in(4)) operation.iova += below(pages) * kPage;
  if (one_in(4)) operation.bytes = (1 + below(pages)) * kPage;
  if (const Operation* other = some_map(program); other && one_in(4))
    operation.bytes = other->iova + other->bytes - operation.iova;
  if (one_in(4)) operation.page_bytes = std::bit_floor(size(9, 31));
  if (one_in(64)) operation.page_bytes = below(4) * kPage;
  if (one_in(4)) operation.at = one_in(2) ? 4096 - below(16) : below(8192);
  if (one_in(8)) operation.missing = static_cast<int>(below(3));
  operation.no_clear = one_in(6);
}

Operation Mutator::make_operation(const Program& program) {
  Operation operation;
  const Operation* map = some_map(program);
  const std::uint64_t kind = map ? below(16) : below(5);
  if (kind < 3) {
    make_map(program, operation);
  } else if (kind < 5) {
    operation.verb = Verb::track;
    operation.on = !one_in(4);
  } else if (kind < 10) {
    operation.verb = Verb::write;
    const std::uint64_t pages = std::max<std::uint64_t>(map->bytes / kPage, 1);
    operation.iova = map->iova + (one_in(3) ? pages - 1 : below(pages)) * kPage;
  } else if (kind < 15) {
    make_query(program, operation);
  } else {
    operation.verb = Verb::unmap;
    operation.iova = map->iova;
    operation.bytes = one_in(4) ? size(12, 22) : map->bytes;
  }
  return in_range(operation);
}

// One of its values, to another of its kind or a little off.
void Mutator::change(const Program& program, Operation& operation) {
  Operation other = make_operation(program);
  for (int tries = 0; other.verb != operation.verb && tries < 8; ++tries)
    other = make_operation(program);
  switch (below(8)) {
    case 0:
      operation.iova = other.iova;
      break;
    case 1:
      operation.bytes = other.bytes;
      break;
    case 2:
      operation.iova += (below(3) - 1) * kPage;
      break;
    case 3:
      operation.bytes += (below(3) - 1) * kPage;
      break;
    case 4:
      operation.page_bytes = other.page_bytes;
      break;
    case 5:
      operation.run_bytes = other.run_bytes;
      break;
    case 6:
      operation.at = other.at;
      operation.missing = other.missing;
      break;
    default:
      operation = other;
      break;
  }
  operation = in_range(operation);
}

void Mutator::edit(Program& program) {
  auto& operations = program.operations;
  const auto at = [&] {
    return operations.begin() + static_cast<std::ptrdiff_t>(below(operations.size()));
  };
  const std::uint64_t kind = operations.empty() ? 0 : below(10);
  if (kind < 4) {
    const std::size_t size = operations.size();
    const std::size_t place = one_in(2) ? size : below(size + 1);
    const Operation made = make_operation(program);
    operations.insert(operations.begin() + static_cast<std::ptrdiff_t>(place), made);
  } else if (kind < 7) {
    change(program, *at());
  } else if (kind < 8) {
    const Operation copy = *at();
    operations.insert(at(), copy);
  } else if (kind < 9) {
    operations.erase(at());
  } else if (one_in(4)) {
    program.format = below(std::size(kFormats));
  } else {
    std::iter_swap(at(), at());
  }
}

void Mutator::vary(Program& program) {
  do {
    edit(program);
  } while (!one_in(3) || program.operations.empty());
  if (program.operations.size() > kMostOperations) program.operations.resize(kMostOperations);
}

Program Mutator::make() {
  Program program;
  program.format = below(std::size(kFormats));
  const std::uint64_t size = 2 + below(kMostOperations - 1);
  for (std::uint64_t i = 0; i < size; ++i) program.operations.push_back(make_operation(program));
  return program;
}

}  // namespace tidemark::iommufd
