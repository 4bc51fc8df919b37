// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The reference of iommufd's dirty tracking: docs/iommufd-contract.md, and Linux's quirks.
#pragma once

#include <map>
#include <span>

#include "user_bitmap.h"

namespace tidemark::iommufd {

// A piece of the table that has one mark; how large it is, is the hardware's and the table's.
struct Entry {
  std::uint64_t first = 0, bytes = 0;
  bool writable = false, dirty = false;
  std::uint64_t item_bytes = 0;  // of the items that it is made of, all of one size

  std::uint64_t last() const { return last_of(first, bytes); }
  bool operator==(const Entry&) const = default;
};

struct QueryResult {
  int result = 0;
  Bits stored;
  bool ends = true;  // false: it is walked for ever
};

// Calls return 0 or a negative errno.
class Model {
 public:
  // An address space up to that byte.
  Model(std::uint64_t last, Quirks quirks) : last_(last), quirks_(quirks) {}

  int map(const Operation& map);
  // What the mapping that was made is made of, in order.
  void mapped(const Operation& map, std::span<const Entry> entries);
  int unmap(const Operation& unmap);
  bool write(std::uint64_t iova);
  // False: it does not end.
  bool track(bool on);
  QueryResult query(const Operation& query, UserMemory memory);

  bool tracks() const { return tracks_; }
  const std::vector<Entry>& entries() const { return entries_; }  // by first byte
  struct Area {
    std::uint64_t first, last;
  };
  const std::map<std::uint64_t, Area>& areas() const { return areas_; }  // by first byte
  // A mark went, and the hardware was not told (of 0 bytes nothing is flushed): which marks it
  // sets from now on depends on what it happens to remember, and there is nothing to compare.
  bool unflushed() const { return unflushed_; }
  // Which quirks have made a difference so far.
  Quirks acted() const { return acted_; }

 private:
  using Entries = std::vector<Entry>;

  bool has(Quirk quirk) const { return quirks_.has(quirk); }
  int check_query(const Operation& query) const;
  bool covered(std::uint64_t first, std::uint64_t last) const;
  Entries::iterator entry_at(std::uint64_t iova);  // at or behind it
  // The part of one mapping; false: it does not end.
  bool walk(const Operation& query, std::uint64_t first, std::uint64_t last, UserBitmap& bitmap);
  bool walk_shifted(const Operation& query, std::uint64_t first, std::uint64_t last,
                    UserBitmap& bitmap);
  bool any_dirty(std::uint64_t first, std::uint64_t last);
  bool ends_never();
  struct Part {
    std::uint64_t first, bytes;
  };
  Part part_of(const Entry& entry, std::uint64_t first, std::uint64_t last);
  void report(const Operation& query, Entry& entry, Part part, UserBitmap& bitmap);

  std::uint64_t last_;
  Quirks quirks_, acted_;
  bool tracks_ = false, unflushed_ = false;
  std::map<std::uint64_t, Area> areas_;
  Entries entries_;
};

}  // namespace tidemark::iommufd
