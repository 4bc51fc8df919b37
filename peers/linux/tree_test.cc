// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Kernel trees as subjects: 6.12's own files as somebody's tree, with and without a change.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "command.h"
#include "linux_comparison.h"
#include "linux_lockstep.h"
#include "linux_tree.h"
#include "parsed.h"
#include "registry.h"
#include "temporary_folder.h"
#include "test_support.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

const fs::path kBuild = TIDEMARK_BUILD;

class LinuxTree : public testing::Test {
 protected:
  LinuxTree() {
    fs::copy(kBuild / "peers/linux/linux-6.12", tree_, fs::copy_options::recursive);
    write_content(tree_ / "Makefile", "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 99\n");
  }
  ~LinuxTree() override {
    for (const fs::path& tree : built_) {
      std::string name = tree.string();
      std::ranges::replace(name, '/', '%');
      fs::remove_all(kBuild / "linux-trees" / name);
    }
  }

  // In type1, where it stands first.
  void change(const std::string& from, const std::string& to) {
    const fs::path type1 = tree_ / "drivers/vfio/vfio_iommu_type1.c";
    std::string text = content(type1);
    ASSERT_NE(text.find(from), std::string::npos) << from;
    write_content(type1, text.replace(text.find(from), from.size(), to));
  }
  Ended build(const fs::path& tree) {
    built_.push_back(tree);
    return Command({TIDEMARK_CHECKOUT "/scripts/linux_tree.sh", kBuild.string(), tree.string()})
        .run();
  }
  static const LinuxVersion& loaded(const fs::path& tree) {
    std::string why;
    const LinuxVersion* version = find_linux_version("linux:" + tree.string(), why);
    if (!version) throw std::runtime_error(why);
    return *version;
  }
  static const LinuxVersion& linux_6_12() { return linux_versions()[1]; }

  const TemporaryFolder folder_;
  const fs::path tree_ = fs::canonical(folder_.path) / "my-linux";
  std::vector<fs::path> built_;
};

TEST_F(LinuxTree, HasTheDifferencesOfItsVersion) {
  ASSERT_EQ(build(tree_).code, 0);
  const LinuxVersion& version = loaded(tree_);
  EXPECT_EQ(origin_of_tree(version), "Linux 6.12.99");
  for (const KnownDifference& entry : known_differences()) {
    if (entry.quirk) {
      EXPECT_EQ(version.has(entry), linux_6_12().has(entry)) << entry.name;
    }
    const Program program =
        trace(fs::path(TIDEMARK_KNOWN_DIFFERENCES_DIR) / (entry.name + std::string(".trace")));
    const auto found = LinuxComparison(version, linux_6_12(), "").run(program);
    EXPECT_FALSE(found) << entry.name << ": " << found->expected << ", " << found->actual;
  }
}

TEST_F(LinuxTree, AndNotThoseThatItHasMendedButItsOwn) {
  change("if (!iommu || !pages)", "if (!iommu || !pages || npage <= 0)");
  change("(offset + *copied - 1)", "(offset + *copied - PAGE_SIZE)");
  ASSERT_EQ(build(tree_).code, 0);
  const LinuxVersion& version = loaded(tree_);
  for (const KnownDifference& entry : known_differences())
    if (entry.quirk) {
      EXPECT_EQ(version.has(entry),
                linux_6_12().has(entry) && entry.name != std::string("negative-count"))
          << entry.name;
    }

  const Program program =
      parsed("attach g0 emulated\nmap 0p 2p rw\nstart\nquery 0p 2p\nwrite 1p-1 2\nquery 0p 2p\n");
  EXPECT_EQ(print(LinuxLockstep(version).judge(program).signature), "lockstep.query.missing-dirty");
  const auto found = LinuxComparison(version, linux_6_12(), "").run(program);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->expected, "linux-6.12: words 0:0x3");
  EXPECT_EQ(found->actual, "my-linux: words 0:0x1");
}

TEST_F(LinuxTree, WhereBothStopIsKnownAndNoAgreement) {
  const Program program = trace(fs::path(TIDEMARK_KNOWN_DIFFERENCES_DIR) / "stubborn-pin.trace");
  const LinuxVersion& older = linux_versions()[0];
  EXPECT_FALSE(LinuxComparison(linux_6_12(), older, "").run(program));
  const auto found = LinuxComparison(linux_6_12(), older, kAllKnown).run(program);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->known, "both stop here: bug, vfio_dma_do_unmap");
}

TEST(TwoTrees, AreNotALibraryWithACommaInItsName) {
  std::string why;
  EXPECT_FALSE(find_under_test("./no,such.so", &why));
  EXPECT_NE(why.find("such.so"), std::string::npos) << why;
  EXPECT_EQ(why.find("Linux"), std::string::npos) << why;
  EXPECT_FALSE(find_under_test("linux-6.12,no-such", &why));
  EXPECT_NE(why.find("no-such"), std::string::npos) << why;
}

// What is left of such a program cannot be released, in either.
TEST_F(LinuxTree, WhatStopsAReleaseStopsNobody) {
  LinuxComparison comparison(linux_6_12(), linux_versions()[0], "");
  for (unsigned i = 0; i < 2; ++i)
    EXPECT_FALSE(
        comparison.run(parsed("enroll d0\nmap 0p 1p rw\nattach g0 emulated\n"
                              "pin d0 1 1p rw\nmap 1p 1p rw\n")));
}

TEST_F(LinuxTree, MayBeATarball) {
  const fs::path file = tree_.parent_path() / "some-linux.tar.xz";
  ASSERT_EQ(Command({"/bin/tar", "-cJf", file, "-C", tree_.parent_path(), "my-linux"}).run().code,
            0);
  const Ended ended = build(file);
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(subject_label(loaded(file).name), "some-linux");
}

TEST_F(LinuxTree, WhatIsMissingIsSaid) {
  change("dma = kzalloc(", "dma = kzalloc_of_tomorrow(");
  const Ended ended = build(tree_);
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("has none of is 'kzalloc_of_tomorrow', in "
                           "drivers/vfio/vfio_iommu_type1.c:"),
            std::string::npos)
      << ended.err;
  EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
}

TEST_F(LinuxTree, WhatIsNoneIsSaid) {
  const auto complaint = [this](const fs::path& tree) {
    const Ended ended = build(tree);
    EXPECT_EQ(ended.code, 2);
    return ended.err;
  };
  const std::string name = tree_.string();
  EXPECT_EQ(complaint(tree_ / "nowhere"),
            "tidemark: there is no kernel tree '" + name + "/nowhere'\n");
  EXPECT_EQ(complaint(tree_ / "include"),
            "tidemark: '" + name +
                "/include' is no kernel tree: it has no drivers/vfio/vfio_iommu_type1.c\n");
  write_content(tree_ / "Makefile", "VERSION = 5\nPATCHLEVEL = 10\n");
  EXPECT_EQ(complaint(tree_),
            "tidemark: '" + name + "' is Linux 5.10: from 6.1 on they can be a subject\n");
  std::string why;
  EXPECT_FALSE(find_linux_version("linux-5", why));
  EXPECT_EQ(why, "there is no Linux 'linux-5', only: linux:DIR, linux-6.1, linux-6.12");
}

}  // namespace
}  // namespace tidemark
