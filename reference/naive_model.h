// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The dirty-tracking core of the contract once more, with plain sets and loops,
// for worlds of a few pages. It exists only to check model.h, shares no code
// with it, and keeps its state in another form: a pinned page is dirty because
// it is pinned, not because it is marked.
//
// One emulated group is always attached; hardware groups come and go. P is
// 4096, the type v2, every page of memory can be pinned, and the device unpins
// all that an unmap asks back.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "range_rule.h"

namespace tidemark::reference {

class NaiveModel {
 public:
  using Pages = std::set<std::uint64_t>;
  static constexpr int kEmulated = 0;  // the group that is always there

  explicit NaiveModel(RangeRule rule) : rule_(rule) {}

  // Ranges are pages [first, end), first < end. Results are 0 or -errno, as the
  // ioctls'.
  int map(std::uint64_t first, std::uint64_t end);
  int unmap(std::uint64_t first, std::uint64_t end, std::uint64_t& unmapped_pages);
  int start();
  int stop();
  int query(std::uint64_t first, std::uint64_t end, Pages& dirty);
  int pin(int group, std::uint64_t first, std::uint64_t end);  // number of pages or -errno
  void unpin(std::uint64_t first, std::uint64_t end);
  int write(std::uint64_t first, std::uint64_t end);
  int attach_hardware(int group);
  void detach_hardware(int group);

  bool tracking() const { return tracking_; }
  Pages dirty() const;  // what a query of everything would report
  Pages mapped() const;
  std::uint64_t locked() const;
  std::uint64_t pinned() const { return pins_.size(); }

 private:
  struct Range {
    std::uint64_t first, end;
  };
  bool is_mapped(std::uint64_t page) const;
  bool is_dirty(std::uint64_t page) const;
  bool any_cut_by(std::uint64_t first, std::uint64_t end) const;
  void unpin_one(std::uint64_t page);
  void mark_everything();

  RangeRule rule_;
  bool tracking_ = false;
  std::vector<Range> mappings_;
  Pages marks_;
  std::map<std::uint64_t, int> pins_;
  std::map<int, bool> hardware_;  // group, and whether it has pinned
};

}  // namespace tidemark::reference
