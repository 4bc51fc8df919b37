// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "host_ledger.h"

#include <algorithm>
#include <cerrno>

#include "check.h"
#include "text.h"

namespace tidemark {
namespace {

constexpr int kWrite = 2;

using Range = IommuDomain::Range;

std::uint64_t end_of(const Range& range) { return range.iova + range.pages * kPageBytes; }

// `range` after what is there already, as one with the last if they could be.
void append(std::vector<Range>& ranges, const Range& range) {
  if (!ranges.empty()) {
    Range& last = ranges.back();
    if (end_of(last) == range.iova && last.pfn + last.pages == range.pfn &&
        last.rights == range.rights) {
      last.pages += range.pages;
      return;
    }
  }
  ranges.push_back(range);
}

// Calls visit(range) for each run of consecutive host pages of `mapping`.
template <class Visit>
void for_each_run(const State::Mapping& mapping, Visit visit) {
  std::uint64_t page = mapping.vaddr / kPageBytes;
  std::uint64_t left = (mapping.last - mapping.first) / kPageBytes + 1;
  for (std::uint64_t iova = mapping.first; left;) {
    const std::uint64_t run = host_run(page, left);
    visit(Range{iova, host_page_of(page), run, mapping.rights});
    iova += run * kPageBytes;
    page += run;
    left -= run;
  }
}

std::string ranges_text(const std::vector<Range>& ranges) {
  ShortText text(", ");
  for (const Range& range : ranges)
    if (!text.add(hex(range.iova) + "-" + hex(end_of(range) - 1) + " to page " + hex(range.pfn) +
                  " rights " + std::to_string(range.rights)))
      break;
  return text.take("nothing");
}

}  // namespace

std::vector<Range>::const_iterator IommuDomain::first_from(std::uint64_t iova) const {
  return std::lower_bound(
      ranges_.begin(), ranges_.end(), iova,
      [](const Range& range, std::uint64_t at) { return end_of(range) - 1 < at; });
}

bool IommuDomain::fits(const Range& range) const {
  return ((range.iova | range.pfn * kPageBytes | range.pages * kPageBytes) & (page_bytes - 1)) == 0;
}

int IommuDomain::map_for_subject(const Range& range, World& world) {
  return fits(range) && world.iommu_map_fails() ? -ENOMEM : map(range);
}

int IommuDomain::map(const Range& range) {
  const std::uint64_t bytes = range.pages * kPageBytes;
  if (!fits(range)) return -EINVAL;
  const auto next = first_from(range.iova);
  check(next == ranges_.end() || next->iova > range.iova + (bytes - 1), "domain.mapped-twice");
  ranges_.insert(next, range);
  return 0;
}

void IommuDomain::unmap(std::uint64_t iova, std::uint64_t pages) {
  const auto first = first_from(iova);
  auto next = first;
  for (; pages; ++next) {
    check(next != ranges_.end() && next->iova == iova && next->pages <= pages,
          "domain.unmap-of-unmapped");
    iova += next->pages * kPageBytes;
    pages -= next->pages;
  }
  ranges_.erase(first, next);
}

std::uint64_t IommuDomain::lookup(std::uint64_t iova, std::uint64_t pages,
                                  std::uint64_t& pfn) const {
  const auto range = first_from(iova);
  check(range != ranges_.end() && range->iova <= iova, "domain.lookup-of-unmapped");
  const std::uint64_t offset = (iova - range->iova) / kPageBytes;
  pfn = range->pfn + offset;
  // A page table does not know which of its pages came together.
  std::uint64_t run = range->pages - offset;
  for (auto next = range + 1; run < pages && next != ranges_.end() &&
                              next->iova == end_of(*(next - 1)) && next->pfn == pfn + run;
       ++next)
    run += next->pages;
  return std::min(pages, run);
}

void HostLedger::Pages::add(std::uint64_t pfn, std::uint64_t pages) {
  count += pages;
  sum += pages * pfn + pages * (pages - 1) / 2;
}

void HostLedger::Pages::remove(std::uint64_t pfn, std::uint64_t pages) {
  count -= pages;
  sum -= pages * pfn + pages * (pages - 1) / 2;
}

std::int64_t HostLedger::pin(const World& world, std::uint64_t vaddr, std::uint64_t pages,
                             bool write, std::uint64_t& pfn) {
  const std::uint64_t pinned = world.pinnable_pages(vaddr, pages);
  if (!pinned) return world.pin_error(vaddr);
  pfn = World::pfn_of(vaddr);
  pinned_.with(write).add(pfn, pinned);
  return static_cast<std::int64_t>(pinned);
}

void HostLedger::unpin(std::uint64_t pfn, std::uint64_t pages, bool write) {
  pinned_.with(write).remove(pfn, pages);
}

HostLedger::Pinned HostLedger::expected_pins(const State& state, std::span<const Range> mapped) {
  Pinned pinned;
  for (const Range& range : mapped) pinned.with(range.rights & kWrite).add(range.pfn, range.pages);
  auto pin = state.pins.begin();
  for (const State::Mapping& mapping : state.mappings)
    for (; pin != state.pins.end() && pin->iova <= mapping.last; ++pin)
      pinned.with(mapping.rights & kWrite)
          .add(World::pfn_of(mapping.vaddr + (pin->iova - mapping.first)), 1);
  return pinned;
}

std::optional<Discrepancy> HostLedger::audit(const State& state) {
  expected_.clear();
  if (std::ranges::any_of(domains, [](const IommuDomain& domain) { return domain.attached; }))
    for (const State::Mapping& mapping : state.mappings)
      for_each_run(mapping, [&](const Range& run) { append(expected_, run); });
  for (const IommuDomain& domain : domains) {
    actual_.clear();
    for (const Range& range : domain.ranges()) append(actual_, range);
    if (domain.attached ? actual_ == expected_ : actual_.empty()) continue;
    return Discrepancy{.in_iommu = true,
                       .expected = ranges_text(domain.attached ? expected_ : std::vector<Range>()) +
                                   " in the IOMMU",
                       .actual = ranges_text(actual_)};
  }

  const Pinned pinned = expected_pins(state, expected_), is = pinned_;
  if (pinned == is) return std::nullopt;
  const auto text = [](const Pinned& p) {
    return std::to_string(p.to_write.count) + " pages pinned to be written and " +
           std::to_string(p.to_read.count) + " to be read only";
  };
  const bool other = text(pinned) == text(is);
  return Discrepancy{.in_iommu = false,
                     .expected = text(pinned),
                     .actual = other ? "so many, but others" : text(is)};
}

std::string HostLedger::left() const {
  std::string text;
  const auto report = [&text](const char* what, std::uint64_t count) {
    if (count) text += std::string(what) + " left: " + std::to_string(count) + "\n";
  };
  report("pages pinned to be written", pinned_.to_write.count);
  report("pages pinned to be read", pinned_.to_read.count);
  for (const IommuDomain& domain : domains) report("ranges in an IOMMU", domain.ranges().size());
  if (text.empty() && pinned_ != Pinned()) text = "other pages were unpinned than were pinned\n";
  return text;
}

}  // namespace tidemark
