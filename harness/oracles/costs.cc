// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "costs.h"

#include <algorithm>
#include <bit>

#include "program_text.h"

namespace tidemark {
namespace {

// D21, in bytes: what a call asks for besides what grows with its argument, a pin, and each
// of the ranges that the groups of a program can leave.
constexpr std::uint64_t kCall = 512, kPin = 256, kRange = 64, kRanges = 2 * kGroups + 1;

// A bitmap's: a bit a page, in whole words, and for six levels above them a 63rd of that.
std::uint64_t bytes_of_bitmap(std::uint64_t pages) { return pages / 8 + pages / (8 * 63) + 64; }
// A sparse store's for a run of pages: two ways down through six levels, to its ends. Of
// ranges two: what was marked as a whole, written down, and what is left behind a clear.
constexpr std::uint64_t kRunOfSparse = std::uint64_t{2} * 6 * 512, kRunOfRanges = 128;
// The range that a mapping has for when it goes.
constexpr std::uint64_t kSpareRange = 64;

// D22: the height of a balanced tree; what an answer takes for each mapping and each word
// that is stored: down to a word of six levels and up again, once to copy and once to clear.
std::uint64_t height(std::uint64_t nodes) {
  return 2 * static_cast<std::uint64_t>(std::bit_width(nodes + 1));
}
constexpr std::uint64_t kMapping = 24, kWord = 32, kHeldPage = 4;
// Of ranges: the ways down for each mapping, and what is in a word.
constexpr std::uint64_t kWays = 8, kRangesOfWord = 64;

}  // namespace

void Costs::reset() {
  tracking_ = blind_ = false;
  most_ranges_ = 0;
  excess_.reset();
}

void Costs::operation_runs(const Operation& operation, const Step& step) {
  // Of another argument than its own the user does not know what it did.
  blind_ |= operation.bent(Field::argument).has_value();
  bent_flags_ = operation.bent(Field::flags).has_value();
  first_ = step.first;
  size_ = step.size;
  pin_pages_ = pages_of_pin(step);
  all_ = operation.flags & kAll;
}

bool Costs::has_ranges() const { return source_.setup().store >= StoreKind::ranges; }
bool Costs::walks_pins() const { return source_.setup().store == StoreKind::pinned; }

// What the store of a mapping has before anything is marked.
std::uint64_t Costs::bytes_of_store(std::uint64_t pages) const {
  if (has_ranges()) return kSpareRange;
  return source_.setup().store == StoreKind::sparse ? 0 : bytes_of_bitmap(pages);
}

// Of marks that a store without bitmaps makes, or keeps of what was marked as a whole (D23).
std::uint64_t Costs::bytes_of_runs(std::uint64_t runs) const {
  if (has_ranges()) return runs * kRunOfRanges;
  return source_.setup().store == StoreKind::sparse ? runs * kRunOfSparse : 0;
}

// Of the marks of so many pages that drivers hold.
std::uint64_t Costs::bytes_of_held(std::uint64_t pages) const {
  return walks_pins() ? 0 : bytes_of_runs(pages);
}

// At START, what drivers hold is marked (B10).
std::uint64_t Costs::marks_of_all() const {
  std::uint64_t bytes = bytes_of_held(source_.held_pages());
  for (const auto& [age, mapping] : source_.mappings().by_age())
    bytes += bytes_of_store((mapping.last - mapping.first) / kPageBytes + 1);
  return bytes;
}

std::uint64_t Costs::most_bytes(const Call& call) const {
  switch (call.verb) {
    case Verb::map:
      return kCall + (tracking_ ? bytes_of_store(size_ / kPageBytes) : 0);
    case Verb::start:
      return marks_of_all();
    // With other flags they are a START.
    case Verb::stop:
      return bent_flags_ ? marks_of_all() : 0;
    case Verb::query:
      if (bent_flags_) return marks_of_all();
      return bytes_of_runs(mappings_touched()) + bytes_of_held(source_.held_pages(first_, last()));
    case Verb::write:
      return bytes_of_runs(mappings_touched());
    case Verb::pin:
      return (kPin + bytes_of_held(1)) * static_cast<std::uint64_t>(std::max(pin_pages_, 0));
    case Verb::attach:
    case Verb::info:
      return kCall + kRange * kRanges;
    default:
      return 0;
  }
}

// The last byte of the range.
std::uint64_t Costs::last() const {
  if (all_) return ~std::uint64_t{0};
  return size_ ? std::max(first_, first_ + (size_ - 1)) : first_;
}

std::uint64_t Costs::mappings_touched() const {
  std::uint64_t count = 0;
  source_.mappings().each_in(first_, last(), [&](const LiveMapping&) { ++count; });
  return count;
}

// Of the tree of all pages that drivers hold, and so many more.
std::uint64_t Costs::height_of_pins(std::uint64_t more) const {
  return height(source_.held_pages() + more);
}

// To the place of a mark among all ranges that there can be.
std::uint64_t Costs::way_to_range() const { return has_ranges() ? height(most_ranges_) + 2 : 0; }

// Of a query, and of the words of an unmap.
std::uint64_t Costs::most_steps_of_answer(std::uint64_t mappings) const {
  std::uint64_t words = 0;
  for (const BitmapArea& bitmap : source_.world().bitmaps) words += bitmap.touched().size();
  // What is stored in the guest's memory is not counted: at most the whole bitmap.
  if (source_.bitmap_data() >= kRamFirst) words += source_.bitmap_words();
  const std::uint64_t of_word =
      (has_ranges() ? kRangesOfWord : 0) + (walks_pins() ? kRangesOfWord + height_of_pins(0) : 0);
  const std::uint64_t way = way_to_range();
  return mappings * (kMapping + height_of_pins(0) + kWays * way + of_word) +
         (kWord + way + of_word) * words + (kHeldPage + way) * source_.held_pages(first_, last());
}

// A call may make so many ranges more; that others join or go does not count.
void Costs::count_ranges(const Call& call) {
  const std::uint64_t touched = mappings_touched(), held = source_.held_pages();
  switch (call.verb) {
    case Verb::pin:
      most_ranges_ += static_cast<std::uint64_t>(std::max(pin_pages_, 0));
      break;
    case Verb::write:
    case Verb::query:
    case Verb::unmap:
      most_ranges_ += 2 * touched + held + 1;
      break;
    case Verb::start:
    case Verb::stop:
      most_ranges_ += held;
      break;
    default:
      break;
  }
}

std::optional<std::uint64_t> Costs::most_steps(const Call& call) const {
  const std::uint64_t find = height(source_.mappings().size());
  const auto pin_pages = static_cast<std::uint64_t>(std::max(pin_pages_, 0));
  // Where P is larger, a word that is stored may stand for any number of words of marks.
  const bool answers = source_.page_bytes() == kPageBytes && !bent_flags_;
  switch (call.verb) {
    case Verb::map:
      return kMapping + 3 * find;
    case Verb::query:
      if (!answers) return std::nullopt;
      return kMapping + 6 * find + most_steps_of_answer(mappings_touched());
    case Verb::unmap: {
      if (!answers || !call.lock || call.lock->callbacks) return std::nullopt;
      const std::uint64_t mappings = mappings_touched();
      return kMapping + (6 + mappings) * find + most_steps_of_answer(mappings) +
             (has_ranges() ? most_ranges_ : 0);
    }
    case Verb::write: {
      const std::uint64_t mappings = mappings_touched();
      return (1 + mappings) * find + mappings * way_to_range() +
             (has_ranges() ? size_ / kPageBytes + 2 : 0);
    }
    case Verb::read:
      return (1 + mappings_touched()) * find;
    case Verb::pin:
      // The first of a hardware group marks what is mapped (B12).
      return pin_pages * (find + 2 * height_of_pins(pin_pages) + way_to_range()) + find +
             source_.mappings().size();
    case Verb::unpin:
      return static_cast<std::uint64_t>(std::max<std::int64_t>(call.number, 0)) *
             (find + height_of_pins(pin_pages) + (walks_pins() ? way_to_range() : 0));
    default:
      return std::nullopt;
  }
}

void Costs::call_returned(const Call& call) {
  if (!call.cost || blind_ || excess_) return;
  count_ranges(call);
  judge(call, Kind::too_much_memory, call.cost->bytes, most_bytes(call));
  if (call.result < 0) return;  // up to where it failed, which nobody says
  const auto most = most_steps(call);
  if (most) judge(call, Kind::too_many_steps, call.cost->steps, *most);
}

void Costs::judge(const Call& call, Kind kind, std::uint64_t spent, std::uint64_t most) {
  if (excess_ || spent <= most) return;
  excess_ = {name(call.verb), kind, spent, most};
}

}  // namespace tidemark
