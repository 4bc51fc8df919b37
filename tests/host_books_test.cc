// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The books of the host, against what a subject says: each way to differ is seen.
#include <gtest/gtest.h>

#include <cerrno>

#include "host_ledger.h"

namespace tidemark {
namespace {

constexpr int kRead = 1, kWrite = 2;

// Two mappings, to read and to write, of 3 runs each, both in the IOMMU of group 1.
class Books : public testing::Test {
 protected:
  void SetUp() override {
    FreshMemory fresh;
    for (const int rights : {kRead, kRead | kWrite}) {
      const std::uint64_t first = state.mappings.size() * 0x10000;
      state.mappings.push_back({first, first + 0x2fff, fresh.next(0x3000, kPageBytes), rights});
      fresh.take(0x3000, kPageBytes);
      for (std::uint64_t page = 0; page < 3; ++page) add(state.mappings.back(), page);
    }
    books.domains[1].attached = true;
  }
  void add(const State::Mapping& mapping, std::uint64_t page) {
    const std::uint64_t pfn = pin(mapping.vaddr + page * kPageBytes, mapping.rights);
    EXPECT_EQ(books.domains[1].map({mapping.first + page * kPageBytes, pfn, 1, mapping.rights}), 0);
  }
  std::uint64_t pin(std::uint64_t vaddr, int rights) {
    std::uint64_t pfn = 0;
    EXPECT_EQ(books.pin(world, vaddr, 8, rights & kWrite, pfn), 1);
    EXPECT_EQ(pfn, World::pfn_of(vaddr));
    return pfn;
  }
  std::string found() {
    const auto discrepancy = books.audit(state);
    if (!discrepancy) return "";
    return discrepancy->in_iommu ? "iommu" : "pinned-memory";
  }

  World world;
  HostLedger books;
  State state;
};

TEST_F(Books, Agree) { EXPECT_EQ(found(), ""); }

TEST_F(Books, SeeAPageThatIsNotInTheIommu) {
  books.domains[1].unmap(0x1000, 1);
  EXPECT_EQ(found(), "iommu");
}

TEST_F(Books, SeeAPageThatIsStillInTheIommu) {
  state.mappings.pop_back();
  EXPECT_EQ(found(), "iommu");
}

TEST_F(Books, SeeOtherRightsInTheIommu) {
  books.domains[1].unmap(0x1000, 1);
  EXPECT_EQ(books.domains[1].map(
                {0x1000, World::pfn_of(state.mappings[0].vaddr + 0x1000), 1, kRead | kWrite}),
            0);
  EXPECT_EQ(found(), "iommu");
}

TEST_F(Books, SeeAnotherPageInTheIommu) {
  books.domains[1].unmap(0x1000, 1);
  EXPECT_EQ(books.domains[1].map({0x1000, 77, 1, kRead}), 0);
  EXPECT_EQ(found(), "iommu");
}

TEST_F(Books, SeeTheIommuOfAGroupThatLeft) {
  books.domains[1].attached = false;
  EXPECT_EQ(found(), "iommu");
}

TEST_F(Books, SeeAnEmptyIommuOfAGroupThatCame) {
  books.domains[2].attached = true;
  EXPECT_EQ(found(), "iommu");
}

TEST_F(Books, SeeAPinOfADriverWithoutTheRights) {
  state.pins.push_back({0x11000, 4});
  EXPECT_EQ(found(), "pinned-memory");
  const std::uint64_t pfn = pin(state.mappings[1].vaddr + 0x1000, kRead);
  EXPECT_EQ(found(), "pinned-memory");
  books.unpin(pfn, 1, false);
  pin(state.mappings[1].vaddr + 0x1000, kRead | kWrite);
  EXPECT_EQ(found(), "");
}

TEST_F(Books, SeeAPinOfADriverWithTooManyRights) {
  state.pins.push_back({0x2000, 1});
  const std::uint64_t pfn = pin(state.mappings[0].vaddr + 0x2000, kWrite);
  EXPECT_EQ(found(), "pinned-memory");
  books.unpin(pfn, 1, true);
  pin(state.mappings[0].vaddr + 0x2000, kRead);
  EXPECT_EQ(found(), "");
}

TEST_F(Books, SeeAPageGivenBackWithOtherRights) {
  state.pins.push_back({0x11000, 1});
  const std::uint64_t pfn = pin(state.mappings[1].vaddr + 0x1000, kWrite);
  state.pins.clear();
  books.unpin(pfn, 1, false);
  EXPECT_EQ(found(), "pinned-memory");
}

TEST_F(Books, SeeAnotherPageGivenBack) {
  pin(state.mappings[1].vaddr + 0x1000, kWrite);
  books.unpin(World::pfn_of(state.mappings[1].vaddr + 0x2000), 1, true);
  EXPECT_EQ(found(), "pinned-memory");
  EXPECT_NE(books.left(), "");
}

TEST_F(Books, NameAllThatIsLeft) {
  EXPECT_EQ(books.left(),
            "pages pinned to be written left: 3\npages pinned to be read left: 3\n"
            "ranges in an IOMMU left: 6\n");
  EXPECT_EQ(HostLedger().left(), "");
}

TEST(AnIommuDomain, MapsMultiplesOfItsPageOnly) {
  IommuDomain domain;
  domain.page_bytes = 0x4000;
  EXPECT_EQ(domain.map({0x4000, 4, 3, kRead}), -EINVAL);
  EXPECT_EQ(domain.map({0x4000, 6, 4, kRead}), -EINVAL);
  EXPECT_EQ(domain.map({0x3000, 4, 4, kRead}), -EINVAL);
  EXPECT_EQ(domain.map({0x4000, 4, 4, kRead}), 0);
}

TEST(AnIommuDomainDeathTest, StopsAtMistakes) {
  IommuDomain domain;
  std::uint64_t pfn = 0;
  ASSERT_EQ(domain.map({0x4000, 9, 4, kRead}), 0);
  EXPECT_EQ(domain.lookup(0x5000, 9, pfn), 3u);
  EXPECT_EQ(pfn, 10u);
  EXPECT_DEATH(domain.map({0x7000, 9, 4, kRead}), "domain.mapped-twice");
  EXPECT_DEATH(domain.map({0x1000, 9, 4, kRead}), "domain.mapped-twice");
  EXPECT_DEATH(domain.unmap(0x8000, 1), "domain.unmap-of-unmapped");
  EXPECT_DEATH(domain.unmap(0x5000, 1), "domain.unmap-of-unmapped");
  EXPECT_DEATH(domain.unmap(0x4000, 2), "domain.unmap-of-unmapped");
  EXPECT_DEATH(domain.unmap(0x4000, 5), "domain.unmap-of-unmapped");
  EXPECT_DEATH(domain.lookup(0x8000, 1, pfn), "domain.lookup-of-unmapped");
}

}  // namespace
}  // namespace tidemark
