// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What fails midway is undone, wherever that is: at each run that IOMMUs are told to map,
// and at each page that is pinned (D5, D8, D10, N3). That nothing is left pinned or mapped
// is for the host's books to say, after each operation.
#include <gtest/gtest.h>

#include <string>

#include "reference_bench.h"
#include "support.h"
#include "text.h"

namespace tidemark {
namespace {

// Pages that are an odd number lie in the host one by one: each is a run.
constexpr unsigned kRuns = 5;

std::string at(const char* fault, unsigned index) {
  return std::string(" fault=") + fault + "+" + decimal(index);
}

TEST(D10, AMapIsUndoneWhicheverIommuHasNoMemoryAtWhicheverRun) {
  for (unsigned index = 0; index <= 3 * kRuns; ++index) {
    const bool fails = index < 3 * kRuns;
    EXPECT_TRUE(
        runs("attach g0 hardware=0\nattach g1 hardware=1\nattach g2 hardware=5\n"
             "map 16p 1p rw\nstart\nmap 0p 5p rw" +
             at("iommu", index) +
             (fails ? " => -ENOMEM locked-pages=1 mappings=1" : " => 0 locked-pages=6 mappings=2") +
             "\nquery 0p 32p => 0 words 0:" + (fails ? "0x10000" : "0x1001f") + "\n"))
        << index;
  }
}

TEST(D8, AnAttachIsUndoneAtWhicheverRun) {
  for (const bool first : {true, false}) {
    for (unsigned index = 0; index <= 2 * kRuns; ++index) {
      const bool fails = index < 2 * kRuns;
      const std::string locked = fails && first ? "1" : "10";
      EXPECT_TRUE(runs(std::string(first ? "attach g0 emulated\n" : "attach g0 hardware=0\n") +
                       "enroll d0\nmap 0p 5p rw\nmap 8p 5p rw\npin d0 9p 1p rw\nstart\n"
                       "attach g1 hardware=1" +
                       at("iommu", index) +
                       (fails ? " => -ENOMEM locked-pages=" : " => 0 locked-pages=") + locked +
                       "\nquery 0p 16p => 0 words 0:" + (fails ? "0x200" : "0x1f1f") + "\n"))
          << first << " " << index;
    }
  }
}

// An attach that fails is none: the group can come, and is asked for all of it then.
TEST(D8, TheNextAttachBeginsAnew) {
  EXPECT_TRUE(
      runs("map 0p 3p rw\nattach g0 hardware=0 fault=iommu+2 => -ENOMEM\n"
           "attach g0 hardware=0 fault=iommu+2 => -ENOMEM locked-pages=0\n"
           "attach g0 hardware=0 fault=iommu+3 => 0 locked-pages=3\n"));
}

// The memory lies in the host in runs of 8 KiB, which the second group's 64 KiB do not fit: that
// one says so before it wants memory.
TEST(D8, TheFirstIommuThatDoesNotMapDecides) {
  const std::string misfit = "map 0p 16p rw vaddr=0x100010a00000";
  EXPECT_TRUE(runs("attach g0 hardware=1\nattach g1 hardware=2\n" + misfit + " => -EINVAL\n" +
                   misfit + at("iommu", 0) + " => -ENOMEM\n" + misfit + at("iommu", 1) +
                   " => -EINVAL\n"));
}

TEST(D5, APinIsUndoneAtWhicheverPageTheSignalComes) {
  for (unsigned index = 0; index <= 4; ++index) {
    const bool fails = index < 4;
    const std::string marks[] = {"none", "0x0-0xfff", "0x0-0x1fff", "0x0-0x2fff", "0x0-0x3fff"};
    EXPECT_TRUE(runs("attach g0 emulated\nenroll d0\nmap 0p 4p rw\nstart\npin d0 0p 4p rw" +
                     at("interrupt", index) +
                     (fails ? " => -EINTR pinned-pages=0 locked-pages=0 marks="
                            : " => 4 pinned-pages=4 locked-pages=4 marks=") +
                     marks[index] + "\n"))
        << index;
  }
}

TEST(D10, AMapIsUndoneAtWhicheverPageTheSignalComes) {
  for (unsigned index = 0; index <= 6; ++index)
    EXPECT_TRUE(runs(
        "attach g0 hardware=0\nmap 0p 6p rw" + at("interrupt", index) +
        (index < 6 ? " => -EINTR locked-pages=0 mappings=0" : " => 0 locked-pages=6 mappings=1")))
        << index;
}

// Memory that is not there is no signal, even if one comes elsewhere.
TEST(D5, OnlyThePageAtWhichTheSignalComesIsInterrupted) {
  EXPECT_TRUE(
      runs("attach g0 hardware=0\n"
           "map 0p 3p rw vaddr=0x2ffffffff000 fault=interrupt+2 => -EFAULT\n"));
}

}  // namespace

namespace reference {
namespace {

// Only the map of that number fails, of all that one entry asks for.
TEST(ReferenceD8, CountsMapsFromAnew) {
  Bench bench;
  bench.user.run_pages = 1;
  bench.user.failing_map = 2;
  ASSERT_EQ(bench.model.attach_group(1, hardware()), 0);
  EXPECT_EQ(bench.map(0, 2 * kPage), 0);
  EXPECT_EQ(bench.map(8 * kPage, 3 * kPage), -ENOMEM);
  EXPECT_EQ(bench.model.attach_group(2, hardware()), 0);
  EXPECT_EQ(bench.map(8 * kPage, 2 * kPage), -ENOMEM);
  EXPECT_EQ(bench.map(8 * kPage, kPage), 0);
  EXPECT_EQ(bench.model.attach_group(3, hardware()), -ENOMEM);
  EXPECT_EQ(bench.model.locked_pages(0), 3u);
}

}  // namespace
}  // namespace reference
}  // namespace tidemark
