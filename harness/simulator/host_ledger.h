// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What the host keeps for a subject: which pages of user memory it has pinned, and
// with what rights, and what the IOMMU of each hardware group maps. For subjects
// that are given a host of ours, to see whether their books and its agree.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "subject.h"
#include "world.h"

namespace tidemark {

// The IOMMU of one hardware group. Ends the program if something is mapped twice,
// or unmapped that is not mapped.
class IommuDomain {
 public:
  struct Range {
    std::uint64_t iova, pfn, pages;
    int rights;  // 1 to read, 2 to write
    bool operator==(const Range&) const = default;
  };

  bool attached = false;
  std::uint64_t page_bytes = kPageBytes;  // the smallest that it can map

  // 0, or -EINVAL if one of them is no multiple of its page (D8).
  int map(const Range& range);
  // For a subject: of what could be mapped, -ENOMEM if the world wants it to have no memory now.
  int map_for_subject(const Range& range, World& world);
  // May take several neighbouring ranges at once, all of them whole.
  void unmap(std::uint64_t iova, std::uint64_t pages);
  // The host page of `iova`, which is mapped, and how many of the pages from there
  // on follow each other, be it that another mapping is among them.
  std::uint64_t lookup(std::uint64_t iova, std::uint64_t pages, std::uint64_t& pfn) const;
  std::span<const Range> ranges() const { return ranges_; }  // ascending

 private:
  bool fits(const Range& range) const;
  std::vector<Range>::const_iterator first_from(std::uint64_t iova) const;

  std::vector<Range> ranges_;
};

class HostLedger {
 public:
  std::array<IommuDomain, kGroups> domains;  // by group

  // The first host page, and how many of them, or -EFAULT or -EINTR.
  std::int64_t pin(const World& world, std::uint64_t vaddr, std::uint64_t pages, bool write,
                   std::uint64_t& pfn);
  // With the rights of its pin.
  void unpin(std::uint64_t pfn, std::uint64_t pages, bool write);

  // Subject::audit(): a mapping's pages are pinned with its rights, once by each page
  // that drivers hold and once by the hardware groups, whose IOMMUs map it and nothing
  // else. O(blocks of the mappings + pinned pages).
  std::optional<Discrepancy> audit(const State& state);
  // What is left when all should be gone, in words, one line each.
  std::string left() const;

 private:
  // Pages by number only: how many, and the sum of the numbers.
  struct Pages {
    std::uint64_t count = 0, sum = 0;
    void add(std::uint64_t pfn, std::uint64_t pages);
    void remove(std::uint64_t pfn, std::uint64_t pages);
    bool operator==(const Pages&) const = default;
  };
  struct Pinned {
    Pages to_read, to_write;
    Pages& with(bool write) { return write ? to_write : to_read; }
    bool operator==(const Pinned&) const = default;
  };
  static Pinned expected_pins(const State& state, std::span<const IommuDomain::Range> mapped);

  Pinned pinned_;
  std::vector<IommuDomain::Range> expected_, actual_;  // of audit(), kept for their room
};

}  // namespace tidemark
