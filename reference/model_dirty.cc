// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which pages are dirty, and how they are reported.
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>

#include "model.h"

namespace tidemark::reference {

namespace {

// R11: writes set bits to the user's bitmap, word by word and ascending; words
// without a set bit are not touched. Neighbouring words share a copy.
class BitmapWriter {
 public:
  BitmapWriter(Surroundings& surroundings, std::uint64_t address)
      : surroundings_(surroundings), address_(address) {}

  // Sets the bits [first, end), first < end. No bit may lie in a word before
  // that of an earlier call. False if the user's memory cannot be written.
  bool set(std::uint64_t first, std::uint64_t end) {
    for (std::uint64_t word = first / 64; word <= (end - 1) / 64; ++word) {
      if (!open_word(word)) return false;
      words_[used_ - 1] |= bits_in_word(word, first, end);
    }
    return true;
  }

  // Writes what is still held back.
  bool finish() {
    const bool copied = used_ == 0 || surroundings_.copy_to_user(address_ + first_word_ * 8,
                                                                 words_.data(), used_ * 8);
    used_ = 0;
    return copied;
  }

 private:
  static std::uint64_t bits_in_word(std::uint64_t word, std::uint64_t first, std::uint64_t end) {
    const std::uint64_t low = std::max(first, word * 64) - word * 64;
    const std::uint64_t high = std::min(end - word * 64, std::uint64_t{64});
    return (~std::uint64_t{0} << low) & (~std::uint64_t{0} >> (64 - high));
  }

  // Makes `word` the last one in words_.
  bool open_word(std::uint64_t word) {
    if (used_ > 0 && word == first_word_ + used_ - 1) return true;
    if (used_ == words_.size() || word != first_word_ + used_) {
      if (!finish()) return false;
    }
    if (used_ == 0) first_word_ = word;
    words_[used_++] = 0;
    return true;
  }

  Surroundings& surroundings_;
  std::uint64_t address_;
  std::uint64_t first_word_ = 0;         // index of words_[0] in the bitmap
  std::size_t used_ = 0;                 // words held back
  std::array<std::uint64_t, 64> words_;  // 512 bytes: the most that one copy writes
};

}  // namespace

// R1: all or nothing.
int Model::start_tracking() {
  if (tracking_) return 0;
  for (const auto& [first, mapping] : mappings_) {
    if (const int error = check_trackable(mapping)) return error;
    if (!surroundings_.has_memory(MemoryPoint::start_marks)) return -ENOMEM;
  }
  tracking_ = true;
  for_each_run(pins_, kAllPages, [&](PageRange run, const auto&) { mark(run); });
  return 0;
}

// R2.
void Model::stop_tracking() {
  tracking_ = false;
  marks_.clear();
}

void Model::mark(PageRange range) {
  if (tracking_ && !range.empty()) add(marks_, range);
}

// R3, R9: those that were pinned already are marked already.
void Model::mark_pinned(PageRange pinned, const std::vector<Page>& /*newly_pinned*/) {
  mark(pinned);
}

// R6, B12.
void Model::mark_all_mapped() {
  for (const auto& [first, mapping] : mappings_) mark({mapping.first, mapping.end});
}

// R10.
bool Model::range_rule_allows(PageRange range) {
  if (settings_.rule == RangeRule::any) return true;
  if (settings_.rule == RangeRule::whole) return !cuts_mapping(range);
  const auto found = mappings_.find(range.first);
  return found != mappings_.end() && found->second.end == range.end;
}

// R8, B1: pages become clean after all of them have been reported.
int Model::query(PageRange range, std::uint64_t bitmap_address) {
  if (!tracking_ || !range_rule_allows(range)) return -EINVAL;
  if (!store_dirty(range, bitmap_address)) return -EFAULT;
  clean(range);
  return 0;
}

// R3: a pinned page stays dirty.
void Model::clean(PageRange range) {
  remove(marks_, range);
  for_each_run(pins_, range, [&](PageRange run, const auto&) { mark(run); });
}

void Model::mark_spare(PageRange pages, PageRange range) {
  if (!tracking_) return;
  for (const auto& [first, mapping] : mappings_) {
    if (mapping.end <= range.first || first >= range.end) continue;
    const PageRange spare = {std::max(first, pages.first), std::min(mapping.end, pages.end)};
    if (!spare.empty()) add(marks_, spare);
  }
}

// R3, R5: the first run of dirty pages in `window`, or an empty range.
PageRange Model::next_dirty_run(PageRange window) const {
  if (!someone_writes_unseen()) return first_run(marks_, window);
  const Mapping* mapping = mapping_at(window.first);
  if (!mapping) {
    const auto above = mappings_.lower_bound(window.first);
    if (above == mappings_.end() || above->first >= window.end) return {};
    mapping = &above->second;
  }
  return {std::max(mapping->first, window.first), std::min(mapping->end, window.end)};
}

// R11, D1, D3: bit i stands for the P-page that begins i * P bytes into `range`,
// and is set if any 4 KiB page in it is dirty.
bool Model::store_dirty(PageRange range, std::uint64_t bitmap_address) {
  const int shift = std::countr_zero(smallest_page()) - static_cast<int>(kPageShift);
  BitmapWriter writer(surroundings_, bitmap_address);
  for (Page from = range.first; from < range.end;) {
    const PageRange run = next_dirty_run({from, range.end});
    if (run.empty()) break;
    const std::uint64_t first_bit = (run.first - range.first) >> shift;
    const std::uint64_t last_bit = (run.end - 1 - range.first) >> shift;
    if (!writer.set(first_bit, last_bit + 1)) return false;
    from = run.end;
  }
  return writer.finish();
}

}  // namespace tidemark::reference
