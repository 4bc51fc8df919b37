// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The adapter for libvfio-user and build.sh: with the stand-in, and with libvfio-user itself where
// its sources were named when this was configured.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "command.h"
#include "foreign_corpus.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

const fs::path kPeer = TIDEMARK_PEER;
const std::vector<std::string> kLibraries = {"libvfio-user", "libvfio-user-joins",
                                             "libvfio-user-repeats"};

Ended build(const fs::path& sources, const fs::path& out, const std::string& flags = "") {
  return Command({kPeer / "build.sh", sources, out}).with("CFLAGS", flags).run();
}

std::string replayed(const fs::path& library, const fs::path& program) {
  return tidemark_command({"replay", "--quiet", "--subject", library, program}).run().out;
}

TEST(LibvfioUser, TheAdapterIsRight) {
  const TemporaryFolder folder;
  const Ended built = build(kPeer / "stand_in", folder.path);
  ASSERT_EQ(built.code, 0) << built.err;
  for (const std::string& name : kLibraries) {
    const fs::path library = folder.path / (name + ".so");
    SCOPED_TRACE(name);
    ASSERT_NE(built.out.find("/" + name + ".so\n"), std::string::npos) << built.out;
    expect_right(loaded(library));
  }
}

// One that only shows where bits are joined, of a region of more than 256 pages.
TEST(LibvfioUser, AMistakeIsFoundInTheLibraryThatComesToIt) {
  const TemporaryFolder folder;
  const Ended built = build(kPeer / "stand_in", folder.path, "-DMISTAKE=1");
  ASSERT_EQ(built.code, 0) << built.err;
  const fs::path program = kPeer / "known/joined-pages-are-lost.trace";
  EXPECT_NE(replayed(folder.path / "libvfio-user-joins.so", program)
                .find("diverges: libvfio-user-joins.lockstep.query.missing-dirty"),
            std::string::npos);
  for (const char* name : {"libvfio-user.so", "libvfio-user-repeats.so"})
    EXPECT_NE(replayed(folder.path / name, program).find(": agrees\n"), std::string::npos) << name;
}

// build.sh, which has to end with 2 and one line.
std::string refusal(const fs::path& sources) {
  const TemporaryFolder folder;
  const Ended built = build(sources, folder.path / "out");
  EXPECT_EQ(built.code, 2) << built.err;
  EXPECT_EQ(built.out, "");
  EXPECT_EQ(std::ranges::count(built.err, '\n'), 1) << built.err;
  return built.err;
}

TEST(LibvfioUser, WhatIsMissingIsNamed) {
  EXPECT_EQ(refusal("/nowhere"), "libvfio-user: there is no folder '/nowhere'\n");
  const TemporaryFolder folder;
  const std::string sources = folder.path / "sources";
  fs::copy(kPeer / "stand_in", sources, fs::copy_options::recursive);
  fs::remove(folder.path / "sources/lib/btree.c");
  EXPECT_EQ(refusal(sources),
            "libvfio-user: '" + sources + "' has no file lib/btree.c: is it libvfio-user's?\n");
  write_content(folder.path / "sources/lib/btree.c", "#include \"btree.h\"\n");
  EXPECT_TRUE(refusal(sources).starts_with("libvfio-user: '" + sources +
                                           "' has nothing with the name btree_"));
}

#ifdef TIDEMARK_LIBVFIO_USER
// What docs/libvfio-user-findings.md tells of, but for repeated-bits-never-end: it takes minutes.
struct Known {
  std::string library, program, verdict;
};

TEST(LibvfioUser, TheSourcesThatAreGivenHaveWhatIsKnown) {
  const std::vector<Known> known = {
      {"libvfio-user", "transfer-around-the-end", "lockstep.read.result.success-instead-of-EINVAL"},
      {"libvfio-user", "mark-outside-of-the-bitmap", "AddressSanitizer.SEGV._dma_mark_dirty"},
      {"libvfio-user", "region-up-to-the-end", "lockstep.map.result.success-instead-of-EEXIST"},
      {"libvfio-user-joins", "joined-pages-are-lost", "lockstep.query.missing-dirty"},
      {"libvfio-user-repeats", "repeated-bits-overrun",
       "AddressSanitizer.heap-buffer-overflow.dirty_page_get_extend"},
  };
  const TemporaryFolder folder;
  const Ended built = build(TIDEMARK_LIBVFIO_USER, folder.path);
  ASSERT_EQ(built.code, 0) << built.err;
  for (const auto& [library, program, verdict] : known) {
    const std::string out =
        replayed(folder.path / (library + ".so"), kPeer / "known" / (program + ".trace"));
    EXPECT_NE(out.find("s: " + library + "." + verdict), std::string::npos) << out;
  }
}
#endif

}  // namespace
}  // namespace tidemark
