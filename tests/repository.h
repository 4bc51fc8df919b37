// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A repository of a few commits, for tests of what asks git.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "command.h"
#include "temporary_folder.h"

namespace tidemark {

// A checkout with the scripts that ask git.
class Repository : public testing::Test {
 protected:
  // `TIDEMARK_CHECKOUT`, whose scripts they are, is set for the file of the test.
  Repository() {
    const std::filesystem::path scripts = std::filesystem::path(TIDEMARK_CHECKOUT) / "scripts";
    std::filesystem::create_directories(path() / "scripts");
    for (const char* script : {"bisect.sh", "tracker_at.sh"})
      std::filesystem::copy(scripts / script, path() / "scripts" / script);
    write_content(path() / ".gitignore", "/build/\n");
    shell(
        "git init --quiet --template= --initial-branch=main . && git config maintenance.auto "
        "false");
  }
  const std::filesystem::path& path() const { return checkout_; }
  Command command(const std::vector<std::string>& words) const {
    return Command(words).in(path()).with("TMPDIR", temporary_).with("GIT_CONFIG_GLOBAL", "none");
  }
  std::string shell(const std::string& line) const {
    const Ended ended = command({"/bin/sh", "-c", line}).run();
    EXPECT_EQ(ended.code, 0) << line << "\n" << ended.err;
    return ended.out;
  }
  static std::string committing(const std::string& subject) {
    return "git add -A && git -c user.name=N -c user.email=e commit --quiet --allow-empty "
           "--date=2020-01-02T03:04:05+0000 -m '" +
           subject + "'\n";
  }
  void commit(const std::string& subject) const { shell(committing(subject)); }
  // In what git keeps, and in the folder for temporary files.
  std::string traces() const {
    return shell("git status --porcelain && git for-each-ref && git worktree list && ls .git") +
           std::to_string(entries_in(temporary_));
  }

 private:
  const TemporaryFolder folder_;
  const std::filesystem::path checkout_ = folder_.path / "check out",
                              temporary_ = folder_.path / "tmp";
  const bool made_ = std::filesystem::create_directories(checkout_) &&
                     std::filesystem::create_directories(temporary_);
};

}  // namespace tidemark
