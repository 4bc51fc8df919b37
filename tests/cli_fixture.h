// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What tests of the command line share: a folder to call it in, and a program that shows a bug.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "temporary_folder.h"

namespace tidemark {

using Words = std::vector<std::string>;

// Fails on a tracker that loses a page.
inline constexpr const char* kLost =
    "container v2\nattach g0 emulated\nmap 0p 4p rw\nstart\nwrite 2p 1\nquery 0p 4p\n";

inline long lines(const std::string& text) { return std::ranges::count(text, '\n'); }

// No more than a message of one line, and exit code 2.
inline void expect_refused(const Ended& ended, const std::string& reason) {
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find(reason), std::string::npos) << ended.err;
  EXPECT_EQ(lines(ended.err), 1) << ended.err;
}

class CliFixture : public testing::Test {
 protected:
  CliFixture() { std::filesystem::create_directories(path() / "regressions"); }
  const std::filesystem::path& path() const { return folder_.path; }
  std::string file(const std::string& name, std::string_view text) const {
    write_content(path() / name, text);
    return name;
  }
  Ended run(const Words& words) const { return tidemark_command(words).in(path()).run(); }

  const TemporaryFolder folder_;
};

}  // namespace tidemark
