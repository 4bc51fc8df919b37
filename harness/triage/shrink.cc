// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "shrink.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "verbs.h"

namespace tidemark {
namespace {

// Smaller numbers, the smallest first; empty for 0.
std::vector<std::int64_t> nearer_to_zero(std::int64_t value) {
  std::vector<std::int64_t> numbers;
  if (value == 0) return numbers;
  numbers.push_back(0);
  const std::int64_t sign = value < 0 ? -1 : 1;
  for (const std::int64_t number : {sign, value / 2, value - sign})
    if (number != value && number != 0 && number != numbers.back()) numbers.push_back(number);
  return numbers;
}

std::vector<Quantity> simpler(const Quantity& quantity) {
  std::vector<Quantity> result;
  if (quantity.base != Base::zero && quantity.base != Base::fresh) {
    Quantity plain;
    plain.pages = quantity.base == Base::middle || quantity.base == Base::top ? 0 : quantity.pages;
    result.push_back(plain);
  }
  if (quantity.index) {
    Quantity newest = quantity;
    newest.index = 0;
    result.push_back(newest);
  }
  for (const std::int64_t bytes : nearer_to_zero(quantity.bytes)) {
    Quantity rounder = quantity;
    rounder.bytes = bytes;
    rounder.bytes_written = {};
    result.push_back(rounder);
  }
  for (const std::int64_t pages : nearer_to_zero(quantity.pages)) {
    Quantity smaller = quantity;
    smaller.pages = pages;
    smaller.pages_written = {};
    result.push_back(smaller);
  }
  return result;
}

// Copies of `operation` with `member` replaced by each of the simpler ones.
void add_simpler(const Operation& operation, Quantity Operation::*member,
                 std::vector<Operation>& result) {
  for (const Quantity& quantity : simpler(operation.*member)) {
    Operation copy = operation;
    copy.*member = quantity;
    result.push_back(copy);
  }
}

template <class Member>
void add_reset(const Operation& operation, Member Operation::*member,
               std::vector<Operation>& result) {
  if (operation.*member == Operation().*member) return;
  Operation copy = operation;
  copy.*member = Operation().*member;
  result.push_back(copy);
}

// Of two that are there, none, the second and the first; of one, none.
template <class Member>
void add_fewer(const Operation& operation, Member Operation::*one, Member Operation::*other,
               std::vector<Operation>& result) {
  if (operation.*one == Member()) return;
  Operation copy = operation;
  copy.*one = copy.*other = {};
  result.push_back(copy);
  if (operation.*other == Member()) return;
  copy.*one = operation.*other;
  result.push_back(copy);
  copy.*one = operation.*one;
  result.push_back(copy);
}

// A right that is missing is the special case, and so is any other flag that is there.
void add_simpler_flags(const Operation& operation, std::vector<Operation>& result) {
  const std::uint16_t usual = (kReadable | kWritable) & fields_of(operation.verb).flags;
  for (std::uint16_t flag = 1; flag; flag = static_cast<std::uint16_t>(flag << 1)) {
    if (!((operation.flags ^ usual) & flag)) continue;
    Operation copy = operation;
    copy.flags = static_cast<std::uint16_t>(copy.flags ^ flag);
    if (!(copy.flags & kHardware)) {
      copy.hardware = 0;
      copy.own = {};
    }
    result.push_back(copy);
  }
}

// A numbered kind, whichever it is; or less that is said, and smaller pages.
void add_simpler_hardware(const Operation& operation, std::vector<Operation>& result) {
  if (operation.own == OwnHardware()) return;
  Operation numbered = operation;
  numbered.own = {};
  for (unsigned i = 0; i < kHardwareKinds; ++i) {
    numbered.hardware = static_cast<std::uint8_t>((operation.hardware + i) % kHardwareKinds);
    result.push_back(numbered);
  }
  for (std::size_t i = 0; i < kOwnNames.size(); ++i) {
    if (!says(operation.own, i)) continue;
    Operation copy = operation;
    unsay(copy.own, i);
    result.push_back(copy);
  }
  const std::uint64_t smallest = operation.own.pgsizes & (0 - operation.own.pgsizes);
  for (const std::uint64_t pgsizes : {kPageBytes, smallest}) {
    if (!operation.own.pgsizes || pgsizes >= operation.own.pgsizes) continue;
    Operation copy = operation;
    copy.own.pgsizes = pgsizes;
    result.push_back(copy);
  }
}

}  // namespace

std::vector<Setup> simpler(const Setup& setup) {
  std::vector<Setup> result;
  const Setup usual;
  if (setup == usual) return result;
  result.push_back(usual);
  const auto add = [&](auto member) {
    Setup copy = setup;
    copy.*member = usual.*member;
    copy.entries_written = copy.memlock_written = copy.bitmap_words_written = {};
    if (copy != setup) result.push_back(copy);
  };
  add(&Setup::type);
  add(&Setup::rule);
  add(&Setup::entries);
  add(&Setup::memlock_pages);
  add(&Setup::bitmap_words);
  add(&Setup::store);
  // A bug of all stores that are no bitmaps has one name.
  for (const StoreKind other : {StoreKind::sparse, StoreKind::ranges}) {
    if (setup.store <= other) break;
    result.push_back(setup);
    result.back().store = other;
  }
  return result;
}

std::vector<Operation> simpler(const Operation& operation) {
  std::vector<Operation> result;
  add_fewer(operation, &Operation::fault, &Operation::other_fault, result);
  add_fewer(operation, &Operation::bend, &Operation::other_bend, result);
  if (operation.when != When::now) {
    Operation copy = operation;
    copy.when = operation.when == When::every_callback ? When::next_callback : When::now;
    if (copy.when == When::now) copy.window_device = 0;
    result.push_back(copy);
  }
  add_simpler_flags(operation, result);
  add_reset(operation, &Operation::id, result);
  add_simpler_hardware(operation, result);
  add_reset(operation, &Operation::process, result);
  add_reset(operation, &Operation::hardware, result);
  add_reset(operation, &Operation::number, result);
  if (operation.vaddr.base != Base::fresh && fields_of(operation.verb).vaddr) {
    Operation copy = operation;
    copy.vaddr = {};
    copy.vaddr.base = Base::fresh;
    result.push_back(copy);
  }
  for (Fault Operation::*fault : {&Operation::fault, &Operation::other_fault}) {
    if (!(operation.*fault).index) continue;
    Operation copy = operation;
    --(copy.*fault).index;
    result.push_back(copy);
  }
  add_simpler(operation, &Operation::size, result);
  add_simpler(operation, &Operation::address, result);
  return result;
}

namespace {

bool is_absolute(const Quantity& quantity) {
  return quantity.base == Base::zero || quantity.base == Base::middle || quantity.base == Base::top;
}

std::uint64_t value_of(const Quantity& quantity) {
  const std::uint64_t base = quantity.base == Base::middle ? std::uint64_t{1} << 63 : 0;
  return base + static_cast<std::uint64_t>(quantity.pages) * kPageBytes +
         static_cast<std::uint64_t>(quantity.bytes);
}

bool has_absolute_address(const Operation& operation) {
  return fields_of(operation.verb).address && !(operation.flags & kAll) &&
         is_absolute(operation.address);
}

}  // namespace

Quantity plain_quantity(std::uint64_t value) {
  Quantity quantity;
  if (value >> 62 == 3)
    quantity.base = Base::top;
  else if (value >> 62)
    quantity.base = Base::middle;
  const std::uint64_t offset = value - (quantity.base == Base::middle ? std::uint64_t{1} << 63 : 0);
  quantity.pages = static_cast<std::int64_t>(offset) >> 12;
  quantity.bytes = static_cast<std::int64_t>(value & (kPageBytes - 1));
  return quantity;
}

Program moved_down(const Program& program) {
  std::uint64_t lowest = ~std::uint64_t{0};
  for (const Operation& operation : program.operations)
    if (has_absolute_address(operation)) lowest = std::min(lowest, value_of(operation.address));
  Program result = program;
  for (Operation& operation : result.operations)
    if (has_absolute_address(operation))
      operation.address =
          plain_quantity(value_of(operation.address) - lowest / kPageBytes * kPageBytes);
  return result;
}

std::optional<PageRange> page_range(const Operation& operation) {
  if (!has_absolute_address(operation) || !is_absolute(operation.size)) return std::nullopt;
  const std::uint64_t address = value_of(operation.address), size = value_of(operation.size);
  if (!size || address + (size - 1) < address) return std::nullopt;
  return PageRange{address / kPageBytes, (address + (size - 1)) / kPageBytes + 1};
}

std::set<std::uint64_t> borders_of(const Program& program) {
  std::set<std::uint64_t> borders;
  for (const Operation& operation : program.operations)
    if (const auto range = page_range(operation)) borders.insert({range->first, range->end});
  return borders;
}

namespace {

// With each border at the place that `places` has for it.
Program placed(const Program& program, std::map<std::uint64_t, std::uint64_t> places) {
  Program result = program;
  for (Operation& operation : result.operations) {
    const auto range = page_range(operation);
    if (!range) continue;
    const std::uint64_t first = places[range->first], end = places[range->end];
    const std::uint64_t gone = (range->end - range->first) - (end - first);
    operation.size = plain_quantity(value_of(operation.size) - gone * kPageBytes);
    operation.address =
        plain_quantity(first * kPageBytes + value_of(operation.address) % kPageBytes);
  }
  return result;
}

}  // namespace

Program narrowed(const Program& program, std::uint64_t border, std::uint64_t pages) {
  std::map<std::uint64_t, std::uint64_t> places;
  for (const std::uint64_t one : borders_of(program))
    places[one] = one < border ? one : one - pages;
  return placed(program, std::move(places));
}

Program packed(const Program& program, std::uint64_t most) {
  std::map<std::uint64_t, std::uint64_t> places;
  std::uint64_t last = 0, place = 0;
  for (const std::uint64_t border : borders_of(program)) {
    if (!places.empty()) place += (border - last - 1) % most + 1;
    places[border] = place;
    last = border;
  }
  return placed(program, std::move(places));
}

std::vector<Program> packings(const Program& program) {
  std::vector<Program> result;
  const auto add = [&result](const Program& packing) {
    if (std::ranges::find(result, packing) == result.end()) result.push_back(packing);
  };
  for (const std::uint64_t most : {1u, 64u, 4096u}) {
    Program packing = packed(program, most);
    add(packing);
    if (program.setup.bitmap_words == Setup{}.bitmap_words) continue;
    packing.setup.bitmap_words = 1;
    add(packing);
  }
  return result;
}

Program on_one_page(const Program& program, std::uint64_t page) {
  Program result = program;
  for (Operation& operation : result.operations) {
    if (!has_absolute_address(operation) || !is_absolute(operation.size)) continue;
    const bool bytewise = operation.verb == Verb::write || operation.verb == Verb::read ||
                          operation.verb == Verb::dma;
    operation.address = plain_quantity(page);
    operation.size = plain_quantity(bytewise ? 1 : kPageBytes);
  }
  return result;
}

}  // namespace tidemark
