// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How a migration ends: everything is asked for once more, then compared.
#include <algorithm>

#include "executor.h"

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

}  // namespace

// Has the range rule nothing against a query of the P-pages of `mapping`?
bool Executor::can_ask(const LiveMapping& mapping) const {
  const std::uint64_t first = mapping.first & ~(page_bytes_ - 1);
  const std::uint64_t last = mapping.last | (page_bytes_ - 1);
  if (first == mapping.first && last == mapping.last) return true;
  if (setup_.rule != RangeRule::whole) return setup_.rule == RangeRule::any;
  return std::ranges::none_of(mappings_, [&](const LiveMapping& other) {
    const bool cut_at_first = other.first < first && other.last >= first;
    return cut_at_first || (other.first <= last && other.last > last);
  });
}

// Queries for `mapping` whose bits are of `page_bytes`, if there is something to lose
// in it: one, or, if the range rule allows it, one for each piece that has something
// to lose where these are too far apart for one.
void Executor::ask(const LiveMapping& mapping, std::uint64_t page_bytes,
                   std::vector<Operation>& operations) const {
  const std::uint64_t first = mapping.first & ~(page_bytes - 1);
  const std::uint64_t last = mapping.last | (page_bytes - 1);
  const std::uint64_t piece_bytes = BitmapArea::kWords * kWordPages * page_bytes;
  std::vector<std::uint64_t> pieces;
  for (const std::uint64_t page : world_.memory.pages())
    if (mapping.holds(page)) pieces.push_back((mapping.iova_of(page) - first) / piece_bytes);
  if (pieces.empty()) return;
  std::ranges::sort(pieces);
  pieces.erase(std::unique(pieces.begin(), pieces.end()), pieces.end());
  if (pieces.size() == 1 || setup_.rule != RangeRule::any)
    return operations.push_back(query_of(first, last));
  for (const std::uint64_t piece : pieces) {
    const std::uint64_t at = first + piece * piece_bytes;
    operations.push_back(query_of(at, at + std::min(last - at, piece_bytes - 1)));
  }
}

// What makes P 4096: no hardware group is left, and an emulated one for the sake of
// the mappings.
void Executor::shrink_pages(std::vector<Operation>& operations) const {
  const auto number_of = [&](GroupState state) {
    return static_cast<unsigned>(std::ranges::find(groups_, state) - groups_.begin());
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

std::vector<Operation> Executor::closing_operations() const {
  std::vector<Operation> operations, later;
  if (!migration_.running()) return operations;
  for (const LiveMapping& mapping : mappings_) {
    if (can_ask(mapping))
      ask(mapping, page_bytes_, operations);
    else
      ask(mapping, kPageBytes, later);
  }
  if (later.empty()) return operations;
  shrink_pages(operations);
  operations.insert(operations.end(), later.begin(), later.end());
  return operations;
}

// Where the words are of which the area has to be a part: from the first on that
// tells of a page that was ever written.
std::uint64_t Executor::first_word_asked(const Operation& query) const {
  const std::uint64_t first = resolve(query.address), size = resolve(query.size);
  const std::uint64_t word_bytes = kWordPages * page_bytes_;
  const std::uint64_t words = (size - 1) / word_bytes + 1;
  if (words <= BitmapArea::kWords) return 0;
  std::uint64_t word = words - BitmapArea::kWords;
  for (const LiveMapping& mapping : mappings_)
    for (const std::uint64_t page : world_.memory.pages())
      if (mapping.holds(page) && mapping.iova_of(page) - first < size)
        word = std::min(word, (mapping.iova_of(page) - first) / word_bytes);
  return word;
}

std::span<const Step> Executor::close(const Operation& operation) {
  if (operation.verb != Verb::query) return run(operation);
  Operation query = operation;
  bitmap_first_ = first_word_asked(query);
  if (bitmap_first_) query.bend = {Field::bitmap_pointer, BitmapArea::kBase - 8 * bitmap_first_};
  const auto steps = run(query);
  const std::uint64_t first = steps[0].first, last = first + (steps[0].size - 1);
  if (steps[0].result != 0) migration_.copy_range(world_.memory, mappings_, first, last);
  return steps;
}

std::optional<std::uint64_t> Executor::lost_page() const {
  if (!migration_.running()) return std::nullopt;
  const auto page = migration_.lost_page(world_.memory);
  if (!page) return std::nullopt;
  for (const LiveMapping& mapping : mappings_)
    if (mapping.holds(*page)) return mapping.iova_of(*page);
  return *page * kPageBytes;
}

}  // namespace tidemark
