// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "lockstep.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <span>

#include "check.h"
#include "entry_sizes.h"
#include "errno_names.h"
#include "ledger.h"
#include "text.h"

namespace tidemark::iommufd {
namespace {

// So many entries in all, and bytes in one mapping, so that a program takes no time to speak of.
constexpr std::uint64_t kMostEntries = 256;
constexpr std::uint64_t kMostMapped = std::uint64_t{1} << 50;
// Behind the largest bitmap, which lies in the beginning of the user's memory, there is room.
constexpr std::uint64_t kWords = kPage / 8;  // of a page of the user's memory
constexpr std::uint64_t kMostBitmap = (IOMMUFD_USER_PAGES - 16) * kPage;

class Run {
 public:
  Run(const KernelTree& tree, Quirks quirks, const Program& program)
      : kernel_(tree.calls()),
        format_(*tree.format(program.format)),
        model_(format_.last, quirks),
        table_(kernel_.open(static_cast<std::size_t>(&format_ - kernel_.formats))) {
    check(table_ != nullptr, "iommufd could not be opened");
  }
  ~Run() {
    if (table_) kernel_.abandon(table_);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // False: it is the end. What came of it is in result().
  bool step(const Operation& operation);
  // What is still to be compared; thoroughly, also whether something is left.
  void finish(bool thoroughly);
  const std::map<std::uint64_t, Model::Area>& areas() const { return model_.areas(); }

  std::optional<Difference> difference;
  const std::string& result() const { return result_; }
  Quirks acted() const { return model_.acted(); }
  bool tracks() const { return model_.tracks(); }

 private:
  void differ(Kind kind, std::string expected, std::string actual);
  void map(const Operation& operation);
  void learn(const Operation& operation);
  void unmap(const Operation& operation);
  void write(const Operation& operation);
  void track(const Operation& operation);
  void query(const Operation& operation);
  bool compare_result(int expected, int actual);
  bool ended(bool expected);
  void compare_bits(const Operation& operation, const Bits& expected);
  void compare_mark(const Entry& entry, const iommufd_entry* seen);
  void compare_marks(std::uint64_t first, std::uint64_t last);
  std::span<const unsigned short> touched() const;
  std::uint64_t count_stored() const;
  std::optional<std::uint64_t> word_that_lacks(const Bits& expected) const;
  std::uint64_t different_word(const Bits& expected) const;
  void compare_ledger(const Operation& operation, int result);
  bool stored(const Operation& query, Bit bit) const;

  const iommufd_kernel& kernel_;
  const iommufd_format& format_;
  Model model_;
  Ledger ledger_;
  iommufd_table* table_;
  std::uint64_t nr_entries_ = 0;
  bool over_ = false;
  std::string result_;
};

std::string words_text(std::uint64_t byte, std::uint64_t word) {
  return "byte " + decimal(byte) + " of the user's memory: word " + hex(word);
}

void Run::differ(Kind kind, std::string expected, std::string actual) {
  if (difference) return;
  difference.emplace();
  difference->kind = kind;
  difference->expected = std::move(expected);
  difference->actual = std::move(actual);
}

bool Run::compare_result(int expected, int actual) {
  result_ = result_text(actual);
  if (expected == actual) return true;
  differ(Kind::result, result_text(expected), result_);
  return false;
}

// Did the call not return, where it should have (or should it not)? Then that is the end.
bool Run::ended(bool expected) {
  const iommufd_end end = kernel_.ended();
  if (!end.what && !expected) return false;
  over_ = true;
  result_ = end.what ? end.what : "returned";
  if (end.what && expected) return true;
  const std::string actual = end.what ? result_ + " in " + end.where : result_;
  differ(end.what && result_ == "bug" ? Kind::bug : Kind::hang,
         expected ? "never returns" : "returns", actual);
  return true;
}

void Run::map(const Operation& operation) {
  const int expected = model_.map(operation);
  const std::uint64_t room = kMostEntries - nr_entries_;
  std::uint64_t entries = 0;
  if (expected == 0) {
    entries = operation.bytes > kMostMapped ? room + 1
                                            : count_entries(operation, format_.page_sizes, room);
    if (entries > room) {
      result_ = "left out";
      return;
    }
  }
  const iommufd_map map = {operation.iova, operation.bytes, operation.run_bytes,
                           operation.run_offset, operation.writable};
  const int actual = kernel_.map(table_, &map);
  if (ended(false) || !compare_result(expected, actual) || expected != 0) return;
  nr_entries_ += entries;
  learn(operation);
}

// From the table, as the hardware sees it.
void Run::learn(const Operation& operation) {
  const std::uint64_t last = last_of(operation.iova, operation.bytes);
  std::array<iommufd_entry, kMostEntries> seen;
  std::array<Entry, kMostEntries> entries;
  const std::size_t found = kernel_.look(table_, operation.iova, last, seen.data(), seen.size());
  std::uint64_t at = operation.iova;
  for (std::size_t i = 0; i < found; ++i) {
    const iommufd_entry& entry = seen[i];
    if (entry.first != at || last - at < entry.bytes - 1 || entry.dirty ||
        entry.writable != operation.writable) {
      differ(Kind::entries, "an entry that begins at " + hex(at) + ", clean, as it was mapped",
             hex(entry.first) + " " + size_text(entry.bytes) + (entry.writable ? " rw" : " ro") +
                 (entry.dirty ? ", dirty" : ""));
      return;
    }
    entries[i] = {at, entry.bytes, entry.writable, false, entry.item_bytes};
    at += entry.bytes;
  }
  if (at != last + 1) differ(Kind::entries, "an entry at " + hex(at), "none");
  model_.mapped(operation, std::span(entries).first(found));
}

void Run::unmap(const Operation& operation) {
  const auto before = model_.areas();
  const int expected = model_.unmap(operation);
  const int actual = kernel_.unmap(table_, operation.iova, operation.bytes);
  if (ended(false) || !compare_result(expected, actual)) return;
  for (const auto& [first, area] : before) {
    if (model_.areas().contains(first)) continue;
    ledger_.unmapped(area.first, area.last);
    iommufd_entry seen = {};
    for (const std::uint64_t at : {area.first, area.last})
      if (kernel_.look(table_, at, at, &seen, 1) != 0)
        differ(Kind::entries, "none at " + hex(at), "one");
  }
}

void Run::write(const Operation& operation) {
  const bool expected = model_.write(operation.iova);
  const bool actual = kernel_.write(table_, operation.iova);
  const auto text = [](bool written) { return written ? "written" : "refused"; };
  result_ = text(actual);
  if (expected != actual) differ(Kind::access, text(expected), text(actual));
  if (expected && model_.tracks()) ledger_.written(operation.iova);
}

void Run::track(const Operation& operation) {
  const bool ends = model_.track(operation.on);
  const int actual = kernel_.track(table_, operation.on);
  if (ended(!ends) || !compare_result(0, actual)) return;
  if (!operation.on) ledger_.forget();
  compare_marks(0, ~std::uint64_t{0});
}

void Run::query(const Operation& operation) {
  // What a user has to bring, who takes what is no power of two for what it is.
  const std::uint64_t pages = operation.page_bytes ? operation.bytes / operation.page_bytes + 1 : 0;
  const std::uint64_t lowest = operation.page_bytes & (~operation.page_bytes + 1);
  if (pages / 8 > kMostBitmap || (lowest && operation.bytes / lowest / 8 > kMostBitmap)) {
    result_ = "left out";
    return;
  }
  const std::int64_t missing =
      operation.missing < 0 ? -1
                            : static_cast<std::int64_t>(operation.at / kPage) + operation.missing;
  const QueryResult expected = model_.query(operation, {IOMMUFD_USER_PAGES, missing});
  const iommufd_query query = {operation.iova, operation.bytes,    operation.page_bytes,
                               operation.at,   operation.no_clear, static_cast<int>(missing)};
  kernel_.forget();
  const int actual = kernel_.query(table_, &query);
  if (ended(!expected.ends) || !compare_result(expected.result, actual)) return;
  compare_bits(operation, expected.stored);
  const std::uint64_t last = last_of(operation.iova, operation.bytes);
  if (last >= operation.iova)
    compare_marks(operation.iova, last);
  else
    compare_marks(0, ~std::uint64_t{0});
  compare_ledger(operation, actual);
  over_ = over_ || model_.unflushed();
}

bool Run::stored(const Operation& query, Bit bit) const {
  const Bit in_memory = query.at * 8 + bit;
  return kernel_.user()[in_memory / 8] >> in_memory % 8 & 1;
}

std::uint64_t word_at(const unsigned char* memory, std::uint64_t word) {
  std::uint64_t value = 0;
  std::memcpy(&value, memory + word * 8, 8);
  return value;
}

std::uint64_t expected_word(const Bits& bits, std::uint64_t word) {
  std::uint64_t value = 0;
  for (unsigned bit = 0; bit < 64; ++bit)
    if (contains(bits, word * 64 + bit)) value |= std::uint64_t{1} << bit;
  return value;
}

std::span<const unsigned short> Run::touched() const {
  std::size_t count = 0;
  const unsigned short* pages = kernel_.touched(&count);
  return {pages, count};
}

// How many bits are set in the pages that were pinned; no other can have been written.
std::uint64_t Run::count_stored() const {
  std::uint64_t count = 0;
  for (const unsigned short page : touched())
    for (std::uint64_t word = page * kWords; word < (page + 1) * kWords; ++word)
      count += static_cast<unsigned>(std::popcount(word_at(kernel_.user(), word)));
  return count;
}

// The first word with a bit that is expected and is not there.
std::optional<std::uint64_t> Run::word_that_lacks(const Bits& expected) const {
  const unsigned char* memory = kernel_.user();
  for (const auto& run : expected) {
    for (Bit bit = run.lower(); bit < run.upper();) {
      const bool whole = bit % 64 == 0 && run.upper() - bit >= 64;
      const bool there =
          whole ? word_at(memory, bit / 64) == ~std::uint64_t{0} : memory[bit / 8] >> bit % 8 & 1;
      if (!there) return bit / 64;
      bit += whole ? 64 : 1;
    }
  }
  return std::nullopt;
}

// The lowest word that is not as expected.
std::uint64_t Run::different_word(const Bits& expected) const {
  std::uint64_t lowest = ~std::uint64_t{0};
  for (const unsigned short page : touched())
    for (std::uint64_t word = page * kWords; word < (page + 1) * kWords; ++word)
      if (word < lowest && word_at(kernel_.user(), word) != expected_word(expected, word))
        lowest = word;
  return lowest;
}

void Run::compare_bits(const Operation& operation, const Bits& expected) {
  const auto lacks = word_that_lacks(expected);
  if (!lacks && count_stored() == expected.size()) return;
  const std::uint64_t word = lacks ? *lacks : different_word(expected);
  const Bit bits = operation.bytes / operation.page_bytes;
  const Bit begin = operation.at * 8, end = begin + (bits + 63) / 64 * 64;
  const bool outside = word * 64 >= end || word * 64 + 64 <= begin;
  differ(lacks     ? Kind::missing
         : outside ? Kind::beyond
                   : Kind::extra,
         words_text(word * 8, expected_word(expected, word)),
         words_text(word * 8, word_at(kernel_.user(), word)));
}

void Run::compare_mark(const Entry& entry, const iommufd_entry* seen) {
  const bool there = seen && seen->first == entry.first && seen->bytes == entry.bytes;
  if (there && seen->dirty == entry.dirty) return;
  const std::string name = size_text(entry.bytes) + " at " + hex(entry.first) + ": ";
  if (!there)
    differ(Kind::entries, name + "an entry", "none");
  else
    differ(entry.dirty ? Kind::unmarked : Kind::marked, name + (entry.dirty ? "dirty" : "clean"),
           entry.dirty ? "clean" : "dirty");
}

// Of the entries that have a byte of the range, and one on each side of it.
void Run::compare_marks(std::uint64_t first, std::uint64_t last) {
  const auto& entries = model_.entries();
  auto entry = std::ranges::lower_bound(entries, first, {}, &Entry::last);
  if (entry != entries.begin()) --entry;
  auto end = std::ranges::upper_bound(entries, last, {}, &Entry::first);
  if (end != entries.end()) ++end;
  std::array<iommufd_entry, 32> seen;
  for (std::size_t found = 0, next = 0; entry != end && !difference; ++entry, ++next) {
    if (next == found) {
      found = kernel_.look(table_, entry->first, ~std::uint64_t{0}, seen.data(), seen.size());
      next = 0;
    }
    compare_mark(*entry, next < found ? &seen[next] : nullptr);
    if (found == 0) return;
  }
}

void Run::compare_ledger(const Operation& operation, int result) {
  const std::uint64_t last = last_of(operation.iova, operation.bytes);
  if (!std::has_single_bit(operation.page_bytes) || operation.bytes == 0 || last < operation.iova ||
      operation.iova % kPage || (last + 1) % kPage)
    return;
  const auto lost =
      ledger_.reported(operation, result, [&](Bit bit) { return stored(operation, bit); });
  // What a quirk explains, the model has done as well.
  if (lost && model_.acted().empty())
    differ(Kind::lost, "the page at " + hex(*lost * kPage) + " is reported", "it is not");
}

bool Run::step(const Operation& operation) {
  switch (operation.verb) {
    case Verb::map:
      map(operation);
      break;
    case Verb::unmap:
      unmap(operation);
      break;
    case Verb::write:
      write(operation);
      break;
    case Verb::track:
      track(operation);
      break;
    case Verb::query:
      query(operation);
      break;
  }
  if (const char* function = kernel_.warned(); function && !difference)
    differ(Kind::warning, "none", std::string("a warning in ") + function);
  if (difference) difference->operation = operation;
  return !over_ && !difference;
}

void Run::finish(bool thoroughly) {
  if (over_ || difference) return;
  compare_marks(0, ~std::uint64_t{0});
  if (!thoroughly || difference) return;
  const std::size_t left = kernel_.close(table_);
  table_ = nullptr;
  if (kernel_.ended().what)
    differ(Kind::bug, "the end", kernel_.ended().where);
  else if (left != 0)
    differ(Kind::leak, "nothing is left", decimal(left) + " pages and objects");
}

}  // namespace

std::string Difference::signature() const {
  constexpr std::string_view kKinds[] = {"result",   "access", "missing", "extra", "beyond",
                                         "unmarked", "marked", "entries", "lost",  "warning",
                                         "bug",      "hang",   "leak"};
  const std::string text = print(operation);
  std::string name = kind == Kind::leak ? "end" : text.substr(0, text.find(' '));
  name += "." + std::string(kKinds[static_cast<std::size_t>(kind)]);
  if (kind == Kind::result) name += "." + expected + "." + actual;
  return name;
}

std::string_view rule_of(const Difference& difference) {
  switch (difference.kind) {
    case Kind::missing:
    case Kind::lost:
    case Kind::unmarked:
      return "I1";
    case Kind::extra:
      return "I2";
    case Kind::beyond:
      return "I5";
    case Kind::marked:
      return "I6";
    case Kind::access:
    case Kind::entries:
      return "I13";
    case Kind::hang:
      return "I14";
    case Kind::warning:
    case Kind::bug:
    case Kind::leak:
      return "I15";
    case Kind::result:
      break;
  }
  return difference.operation.verb == Verb::query ? "I7" : "I13";
}

Verdict Lockstep::run(const Program& program, const Show& show) const {
  return run(program, show, Pace::thorough);
}

Verdict Lockstep::run_in_a_hurry(const Program& program) const {
  return run(program, nullptr, Pace::hurried);
}

Verdict Lockstep::run(const Program& program, const Show& show, Pace pace) const {
  Run run(tree_, quirks_, program);
  std::size_t step = 0;
  bool goes_on = true;
  const auto one = [&](const Operation& operation) {
    goes_on = run.step(operation);
    if (show) show(operation, run.result());
    if (goes_on) ++step;
  };
  for (const Operation& operation : program.operations)
    if (goes_on) one(operation);
  // What is still owed.
  const auto areas = run.areas();
  for (const auto& [first, area] : areas) {
    if (!goes_on || !run.tracks()) break;
    Operation last;
    last.verb = Verb::query;
    last.iova = first;
    last.bytes = area.last - area.first + 1;
    while (last.bytes / last.page_bytes / 8 > kMostBitmap / 64) last.page_bytes *= 2;
    if (last.iova % last.page_bytes || last.bytes % last.page_bytes) continue;
    one(last);
  }
  run.finish(pace == Pace::thorough);
  if (run.difference) {
    run.difference->step = step;
    if (run.difference->kind == Kind::leak) run.difference->operation = {};
  }
  return {run.difference, run.acted()};
}

}  // namespace tidemark::iommufd
