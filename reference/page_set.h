// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Sets of pages, and counted sets of pages, on Boost.ICL.
//
// Everything here counts in 4 KiB pages, never in bytes, and every range is
// half-open: ICL is wrong at the extremes of its number type, and page numbers
// (below 2^52) never come near them.
#pragma once

#include <algorithm>
#include <boost/icl/interval_map.hpp>
#include <boost/icl/interval_set.hpp>
#include <boost/icl/right_open_interval.hpp>
#include <cstdint>
#include <functional>

namespace tidemark::reference {

using Page = std::uint64_t;  // number of a 4 KiB page, 0 .. 2^52 - 1

inline constexpr unsigned kPageShift = 12;                // bytes = page << kPageShift
inline constexpr Page kPageLimit = Page{1} << (64 - 12);  // one past the last page

// The pages [first, end); empty if first == end.
struct PageRange {
  Page first = 0;
  Page end = 0;
  bool empty() const { return first >= end; }
  std::uint64_t pages() const { return end - first; }
};

inline constexpr PageRange kAllPages = {0, kPageLimit};

using PageInterval = boost::icl::right_open_interval<Page>;
using PageSet = boost::icl::interval_set<Page, std::less, PageInterval>;
// How often each page is pinned. A page whose count falls to 0 leaves the map.
using PinCounts =
    boost::icl::interval_map<Page, unsigned, boost::icl::partial_absorber, std::less,
                             boost::icl::inplace_plus, boost::icl::inter_section, PageInterval>;

inline PageInterval interval_of(const PageInterval& element) { return element; }
inline PageInterval interval_of(const PinCounts::value_type& element) { return element.first; }
inline PageInterval to_interval(PageRange range) { return {range.first, range.end}; }

inline void add(PageSet& set, PageRange range) { set.add(to_interval(range)); }
inline void remove(PageSet& set, PageRange range) { set.subtract(to_interval(range)); }

inline void add_pin(PinCounts& pins, PageRange range) { pins.add({to_interval(range), 1U}); }
// Passes over pages that are not pinned.
inline void remove_pin(PinCounts& pins, PageRange range) {
  pins.subtract({to_interval(range), 1U});
}

// The first run of pages that are both in `set` and in `window`, or an empty
// range at window.end. Costs O(log runs).
template <class Set>
PageRange first_run(const Set& set, PageRange window) {
  const PageRange none = {window.end, window.end};
  if (window.empty()) return none;
  const auto found = set.lower_bound(PageInterval(window.first, window.first + 1));
  if (found == set.end() || interval_of(*found).lower() >= window.end) return none;
  const PageInterval run = interval_of(*found);
  return {std::max(run.lower(), window.first), std::min(run.upper(), window.end)};
}

// Calls visit(run, element) for each run of `set` within `window`, ascending;
// `run` is cut to the window, `element` is the set's own.
template <class Set, class Visit>
void for_each_run(const Set& set, PageRange window, Visit visit) {
  if (window.empty()) return;
  auto it = set.lower_bound(PageInterval(window.first, window.first + 1));
  for (; it != set.end() && interval_of(*it).lower() < window.end; ++it) {
    const PageInterval run = interval_of(*it);
    visit(PageRange{std::max(run.lower(), window.first), std::min(run.upper(), window.end)}, *it);
  }
}

template <class Set>
bool contains(const Set& set, Page page) {
  return first_run(set, {page, page + 1}).first == page;
}

template <class Set>
std::uint64_t count_pages(const Set& set, PageRange window) {
  std::uint64_t pages = 0;
  for_each_run(set, window, [&](PageRange run, const auto&) { pages += run.pages(); });
  return pages;
}

// How many pages of `window` are pinned exactly once.
inline std::uint64_t count_last_pins(const PinCounts& pins, PageRange window) {
  std::uint64_t pages = 0;
  for_each_run(pins, window, [&](PageRange run, const auto& element) {
    if (element.second == 1) pages += run.pages();
  });
  return pages;
}

}  // namespace tidemark::reference
