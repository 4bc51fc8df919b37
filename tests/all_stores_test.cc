// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzing with each of the tracker's stores: which programs run, and what is kept of one that ends
// its process.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "command.h"
#include "corpus_files.h"
#include "files.h"
#include "parsed.h"
#include "program_text.h"
#include "registry.h"
#include "support.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

TEST(AllStores, AProgramRunsWithEachItsOwnFirst) {
  const Program program = parsed("container v2 store=ranges\nmap 0p 1p rw\n");
  unsetenv(kAllStoresVariable);
  EXPECT_EQ(programs_by_environment(program), std::vector{program});
  setenv(kAllStoresVariable, "", 1);
  const auto programs = programs_by_environment(program);
  unsetenv(kAllStoresVariable);
  ASSERT_EQ(programs.size(), kStores);
  EXPECT_EQ(programs[0], program);
  std::set<std::string> texts;
  for (Program one : programs) {
    texts.insert(print(one));
    one.setup.store = program.setup.store;
    EXPECT_EQ(one, program);
  }
  EXPECT_EQ(texts.size(), kStores);
}

// libFuzzer writes down its own input, and it is another program that ended the process.
TEST(AllStores, WhatRanIsKept) {
  const TemporaryFolder folder;
  const std::string whole = "an input";
  const auto given = folder.path / "crash-da39a3ee5e6b4b0d3255bfef95601890afd80709";
  write_content(given, "another");
  const auto file =
      session::with_what_ran(given, std::vector<std::uint8_t>(whole.begin(), whole.end()));
  EXPECT_EQ(file.filename(), "crash-32573332b0274cfb5baf7e3c8cbe53877472cf62");
  EXPECT_EQ(content(file), whole);
  EXPECT_FALSE(std::filesystem::exists(given));
  EXPECT_EQ(session::with_what_ran(file, std::vector<std::uint8_t>(whole.begin(), whole.end())),
            file);
  EXPECT_EQ(content(file), whole);
}

TEST(AllStores, AreTheTrackersAndLibFuzzers) {
  const auto refused = [](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"fuzz", "--all-stores", "--target",
                                      "x",    "--seeds",      TIDEMARK_CORPUS_DIR};
    words.insert(words.end(), more.begin(), more.end());
    const Ended ended = tidemark_command(words).run();
    EXPECT_EQ(ended.code, 2);
    return ended.err;
  };
  EXPECT_NE(refused({"--subject", TIDEMARK_EXAMPLES "/example.so"}).find("is for the tracker"),
            std::string::npos);
  EXPECT_NE(refused({"--engine", "afl"}).find("--all-stores is for the engine libfuzzer"),
            std::string::npos);
}

}  // namespace
}  // namespace tidemark
