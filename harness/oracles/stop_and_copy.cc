// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How a migration ends: everything is asked for once more, then compared.
#include <algorithm>

#include "migration.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kWordPages = 64;

Operation group_operation(Verb verb, unsigned group) {
  Operation operation;
  operation.verb = verb;
  operation.id = static_cast<std::uint8_t>(group);
  return operation;
}

Operation query_of(std::uint64_t first, std::uint64_t last) {
  Operation query;
  query.verb = Verb::query;
  query.address.pages = static_cast<std::int64_t>(first / kPageBytes);
  query.size.pages = static_cast<std::int64_t>((last - first) / kPageBytes + 1);
  return query;
}

// Of words; there are always those of the guard.
std::uint64_t room_of(const Executor& source) {
  return std::max<std::uint64_t>(source.setup().bitmap_words, 1);
}

}  // namespace

// Has the range rule nothing against a query of the P-pages of `mapping`?
bool Migration::can_ask(const LiveMapping& mapping) const {
  const std::uint64_t page_bytes = source_.page_bytes();
  const std::uint64_t first = mapping.first & ~(page_bytes - 1);
  const std::uint64_t last = mapping.last | (page_bytes - 1);
  if (first == mapping.first && last == mapping.last) return true;
  const RangeRule rule = source_.setup().rule;
  if (rule != RangeRule::whole) return rule == RangeRule::any;
  bool cut = false;
  source_.mappings().each_in(first, last, [&](const LiveMapping& other) {
    cut |= other.first < first || other.last > last;
  });
  return !cut;
}

// Queries for `mapping` whose bits are of `page_bytes`, if there is something to lose
// in it: one, or, if the range rule allows it, one for each piece that has something
// to lose where these are too far apart for one.
void Migration::ask(const LiveMapping& mapping, std::uint64_t page_bytes,
                    std::vector<Operation>& operations) const {
  const std::uint64_t first = mapping.first & ~(page_bytes - 1);
  const std::uint64_t last = mapping.last | (page_bytes - 1);
  // There may be room for more large pages than there are.
  const std::uint64_t room_pages = room_of(source_) * kWordPages;
  const std::uint64_t piece_bytes =
      std::min(room_pages, ~std::uint64_t{0} / page_bytes) * page_bytes;
  std::vector<std::uint64_t> pieces;
  mapping.each_written(memory(), [&](std::uint64_t page) {
    pieces.push_back((mapping.iova_of(page) - first) / piece_bytes);
  });
  if (pieces.empty()) return;
  std::ranges::sort(pieces);
  pieces.erase(std::unique(pieces.begin(), pieces.end()), pieces.end());
  if (pieces.size() == 1 || source_.setup().rule != RangeRule::any)
    return operations.push_back(query_of(first, last));
  for (const std::uint64_t piece : pieces) {
    const std::uint64_t at = first + piece * piece_bytes;
    operations.push_back(query_of(at, at + std::min(last - at, piece_bytes - 1)));
  }
}

// What makes P 4096: no hardware group is left, and an emulated one for the sake of
// the mappings.
void Migration::shrink_pages(std::vector<Operation>& operations) const {
  const auto groups = source_.groups();
  const auto number_of = [groups](GroupState state) {
    return static_cast<unsigned>(std::ranges::find(groups, state) - groups.begin());
  };
  unsigned emulated = number_of(GroupState::emulated);
  if (emulated == kGroups) {
    // Without a number that is free, one of the hardware groups becomes emulated.
    emulated = number_of(GroupState::absent) % kGroups;
    operations.push_back(group_operation(Verb::detach, emulated));
    operations.push_back(group_operation(Verb::attach, emulated));
  }
  for (unsigned i = 0; i < kGroups; ++i)
    if (i != emulated) operations.push_back(group_operation(Verb::detach, i));
}

std::vector<Operation> Migration::closing_operations() const {
  std::vector<Operation> operations, later;
  if (!running_) return operations;
  for (const auto& [age, mapping] : source_.mappings().by_age()) {
    if (can_ask(mapping))
      ask(mapping, source_.page_bytes(), operations);
    else
      ask(mapping, kPageBytes, later);
  }
  if (later.empty()) return operations;
  shrink_pages(operations);
  operations.insert(operations.end(), later.begin(), later.end());
  return operations;
}

// The area cannot hold all of a large bitmap: the words from the first on that tells of
// a page that was ever written.
std::uint64_t Migration::first_word_asked(const Operation& query) const {
  if (query.verb != Verb::query) return 0;
  const std::uint64_t first = source_.resolve(query.address), size = source_.resolve(query.size);
  const std::uint64_t word_bytes = kWordPages * source_.page_bytes();
  const std::uint64_t words = (size - 1) / word_bytes + 1;
  const std::uint64_t room = room_of(source_);
  if (words <= room) return 0;
  std::uint64_t word = words - room;
  each_written(first, first + (size - 1), [&](std::uint64_t iova, std::uint64_t) {
    word = std::min(word, (iova - first) / word_bytes);
  });
  return word;
}

void Migration::refused(const Step& query) {
  each_written(query.first, query.first + (query.size - 1),
               [&](std::uint64_t, std::uint64_t page) { copy(page); });
}

}  // namespace tidemark
