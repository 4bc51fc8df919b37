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
// A sparse store's for a run of pages: two ways down through six levels, to its ends.
constexpr std::uint64_t kRun = std::uint64_t{2} * 6 * 512;

// D22: the height of a balanced tree; what an answer takes for each mapping and each word
// that is stored: down to a word of six levels and up again, once to copy and once to clear.
std::uint64_t height(std::uint64_t nodes) {
  return 2 * static_cast<std::uint64_t>(std::bit_width(nodes + 1));
}
constexpr std::uint64_t kMapping = 24, kWord = 32, kHeldPage = 4;

}  // namespace

void Costs::reset() {
  tracking_ = blind_ = false;
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

bool Costs::has_bitmaps() const { return source_.setup().store == StoreKind::bitmap; }

// A sparse store has memory for what is marked: at START, that is what drivers hold (B10).
std::uint64_t Costs::marks_of_all() const {
  if (!has_bitmaps()) return bytes_of_runs(source_.held_pages());
  std::uint64_t bytes = 0;
  for (const auto& [age, mapping] : source_.mappings().by_age())
    bytes += bytes_of_bitmap((mapping.last - mapping.first) / kPageBytes + 1);
  return bytes;
}

// Of marks that a sparse store makes, or keeps of what was marked as a whole (D23).
std::uint64_t Costs::bytes_of_runs(std::uint64_t runs) const {
  return has_bitmaps() ? 0 : runs * kRun;
}

std::uint64_t Costs::most_bytes(const Call& call) const {
  switch (call.verb) {
    case Verb::map:
      return kCall + (tracking_ && has_bitmaps() ? bytes_of_bitmap(size_ / kPageBytes) : 0);
    case Verb::start:
      return marks_of_all();
    // With other flags they are a START.
    case Verb::stop:
      return bent_flags_ ? marks_of_all() : 0;
    case Verb::query:
      if (bent_flags_) return marks_of_all();
      return bytes_of_runs(mappings_touched() + source_.held_pages(first_, last()));
    case Verb::write:
      return bytes_of_runs(mappings_touched());
    case Verb::pin:
      return (kPin + bytes_of_runs(1)) * static_cast<std::uint64_t>(std::max(pin_pages_, 0));
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

// Of a query, and of the words of an unmap.
std::uint64_t Costs::most_steps_of_answer(std::uint64_t mappings) const {
  std::uint64_t words = 0;
  for (const BitmapArea& bitmap : source_.world().bitmaps) words += bitmap.touched().size();
  // What is stored in the guest's memory is not counted: at most the whole bitmap.
  if (source_.bitmap_data() >= kRamFirst) words += source_.bitmap_words();
  return mappings * (kMapping + height_of_pins(0)) + kWord * words +
         kHeldPage * source_.held_pages(first_, last());
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
      return kMapping + (6 + mappings) * find + most_steps_of_answer(mappings);
    }
    case Verb::write:
    case Verb::read:
      return (1 + mappings_touched()) * find;
    case Verb::pin:
      // The first of a hardware group marks what is mapped (B12).
      return pin_pages * (find + 2 * height_of_pins(pin_pages)) + find + source_.mappings().size();
    case Verb::unpin:
      return static_cast<std::uint64_t>(std::max<std::int64_t>(call.number, 0)) *
             (find + height_of_pins(pin_pages));
    default:
      return std::nullopt;
  }
}

void Costs::call_returned(const Call& call) {
  if (!call.cost || blind_ || excess_) return;
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
