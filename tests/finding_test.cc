// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Findings in their folders, and the pictures in them.
#include "finding.h"

#include <stdlib.h>
#include <unistd.h>

#include <fstream>

#include "crash.h"
#include "check.h"
#include "liar.h"
#include "operation_text.h"
#include "picture.h"
#include "support.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "tidemark-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { fs::remove_all(path); }
  fs::path path;
};

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr std::string_view kLost =
    "container v2\nattach g0 emulated\nmap 0p 4p rw\nstart\nwrite 2p 1\nquery 0p 4p\n";

Finding finding_of(std::string_view text) {
  Lockstep lockstep(lying<Lie::loses_a_page>);
  const std::vector<std::uint8_t> input(text.begin(), text.end());
  return make_finding(lockstep, diagnose(lockstep, program_of(text)).value(), input);
}

TEST(Finding, IsAFolderThatAStrangerUnderstands) {
  const TemporaryFolder folder;
  FindingStore store(folder.path / "findings");
  const auto filed = store.file(finding_of(kLost));
  EXPECT_TRUE(filed.is_new);
  EXPECT_EQ(filed.folder.filename(), "lockstep.query.missing-dirty.first.write");
  EXPECT_EQ(content(filed.folder / "input"), kLost);
  const std::string report = content(filed.folder / "report.txt");
  for (const char* part : {"expected  words 0:0x1", "actual    words 0:0x0", "tracker   .",
                           "reference #", "replay  ./tidemark replay"})
    EXPECT_NE(report.find(part), std::string::npos) << part << " in\n" << report;
  const auto program = std::get<Program>(parse(content(filed.folder / "program.trace")));
  EXPECT_EQ(signature_of(program, lying<Lie::loses_a_page>), "lockstep.query.missing-dirty");
  EXPECT_NE(content(filed.folder / "report.html").find("<svg"), std::string::npos);
  EXPECT_NE(content(filed.folder / "environment.json").find("\"commit\""), std::string::npos);
  EXPECT_EQ(content(filed.folder / "count"), "1\n");
}

TEST(Finding, AgainOnlyCountsAndKeepsTheShorterProgram) {
  const TemporaryFolder folder;
  FindingStore store(folder.path);
  Finding longer = finding_of(kLost);
  longer.program->operations.push_back(longer.program->operations.back());
  const std::string long_text = trace_text(longer);
  store.file(longer);
  const auto again = store.file(longer);
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(again.count, 2u);
  EXPECT_EQ(content(again.folder / "program.trace"), long_text);
  const Finding shorter = finding_of(kLost);
  const auto third = store.file(shorter);
  EXPECT_EQ(third.count, 3u);
  EXPECT_EQ(content(third.folder / "program.trace"), trace_text(shorter));
  EXPECT_EQ(store.known(), std::vector<std::string>{shorter.signature});
}

// A process that was killed while it wrote leaves nothing to trip over.
TEST(Finding, WhatWasNotFinishedIsCleared) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path / ".unfinished-lockstep.x123");
  write_file(folder.path / ".unfinished-lockstep.x123" / "input", "half");
  FindingStore store(folder.path);
  EXPECT_TRUE(store.known().empty());
  EXPECT_TRUE(fs::is_empty(folder.path));
}

TEST(Finding, NamesOfFoldersAreHarmless) {
  const TemporaryFolder folder;
  FindingStore store(folder.path);
  EXPECT_EQ(store.folder_of("../../etc/x y<b>").parent_path(), folder.path);
  EXPECT_EQ(store.folder_of("..").filename(), "_..");
}

TEST(Finding, HtmlIsEscaped) {
  const TemporaryFolder folder;
  FindingStore store(folder.path);
  Finding finding = finding_of(kLost);
  finding.report = "<script>alert(1)</script>";
  const std::string html = content(store.file(finding).folder / "report.html");
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
}

TEST(Finding, AFolderThatCannotBeWrittenIsNamed) {
  const TemporaryFolder folder;
  write_file(folder.path / "file", "");
  FindingStore store(folder.path / "file" / "findings");
  try {
    store.file(finding_of(kLost));
    FAIL() << "it was filed";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("file"), std::string::npos);
  }
}

TEST(Picture, ShowsThePageThatDiffers) {
  Lockstep lockstep(lying<Lie::loses_a_page>);
  const auto mismatch = lockstep.run(
      program_of("container v2\nattach g0 emulated\nenroll d0\nmap 1p 3p rw\nmap 5p 1p rw\nstart\n"
                 "pin d0 3p 1p rw\nwrite 2p 1\nquery 0p 8p\n"));
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(picture_text(draw(lockstep, *mismatch), false),
            "pages of 4 KiB from 0 on; # is reported dirty\n"
            "  mapping   .AAA.B..\n"
            "  pins      ...1....\n"
            "  tracker   ...#....\n"
            "  reference ..##....\n"
            "            --^-----\n");
}

TEST(Picture, IsEmptyWhereThereIsNothingToSee) {
  Lockstep lockstep(lying<Lie::wrong_errno>);
  const auto mismatch = lockstep.run(program_of("container v2\nquery 0p 8p\n"));
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(picture_text(draw(lockstep, *mismatch), true), "");
}

TEST(Apart, WhatTakesTheProcessDownHasASignature) {
  EXPECT_EQ(signature_of(run_apart([] {}, 10)), "");
  EXPECT_EQ(signature_of(run_apart([] { fail("lock.wrong", "why\n"); }, 10)), "lock.wrong");
  EXPECT_EQ(signature_of(run_apart([] { _exit(3); }, 10)), "died");
  const Ending ending = run_apart(
      [] {
        for (;;) pause();
      },
      1);
  EXPECT_TRUE(ending.timed_out);
  EXPECT_EQ(signature_of(ending), "hang");
}

}  // namespace
}  // namespace tidemark
