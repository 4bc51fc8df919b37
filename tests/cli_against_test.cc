// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzing for what an older tracker did not do: the older one is the same program with a lie
// of its own.
#ifdef TIDEMARK_LYING_FUZZER
#include <gtest/gtest.h>

#include <algorithm>

#include "command.h"
#include "parsed.h"
#include "program_bytes.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLost = "lockstep.query.missing-dirty";

std::string bytes_of(const std::string& text) {
  const auto bytes = encode(fuzzable(parsed(text))).value();
  return {bytes.begin(), bytes.end()};
}

const char* const kLosing =
    "container v2\nattach g0 emulated\nmap 0p 4p rw\nstart\nwrite 2p 1\nquery 0p 4p\n";

class CliAgainst : public testing::Test {
 protected:
  CliAgainst() {
    write_content(path() / "seeds" / "harmless", "");
    // Nothing but what an earlier run ended on is found.
    script("target", "", TIDEMARK_LYING_FUZZER);
  }
  const fs::path& path() const { return folder_.path; }
  void script(const fs::path& name, const std::string& lie, const std::string& program) const {
    write_content(path() / name,
                  "#!/bin/sh\nTIDEMARK_LIE=" + lie + " exec " + program + " \"$@\"\n");
    fs::permissions(path() / name, fs::perms::owner_all);
  }
  // An earlier run ended on `program`; it is looked into with a tracker that lies, against one
  // that lies otherwise. "" is no lie.
  Ended fuzz(const std::string& program, const std::string& lie, const std::string& older_lie,
             const std::vector<std::string>& more = {}) const {
    write_content(path() / "work" / "artifacts" / "crash-1", bytes_of(program));
    script("older", older_lie, TIDEMARK_LYING_PROGRAM);
    std::vector<std::string> words = {"fuzz", "--seeds",   "seeds", "--jobs",    "1",   "--work",
                                      "work", "--seconds", "1",     "--against", "v1.0"};
    for (const char* option : {"--target", "--older"})
      if (std::ranges::find(more, option) == more.end())
        words.insert(words.end(), {option, path() / (option + 2)});
    words.insert(words.end(), more.begin(), more.end());
    return tidemark_command(words).lying(lie).in(path()).run();
  }
  bool filed(const std::string& name) const { return fs::exists(path() / "findings" / name); }

  const TemporaryFolder folder_;
};

TEST_F(CliAgainst, WhatFailsThereAsWellIsCountedAndNotFiled) {
  const Ended ended = fuzz(kLosing, "loses-a-page", "loses-a-page");
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_FALSE(fs::exists(path() / "findings")) << ended.out;
  EXPECT_NE(ended.out.find(std::string("also fails at v1.0: ") + kLost + "\n"), std::string::npos)
      << ended.out;
  const std::string summary = "nothing new found\n1 name also fails at v1.0, not filed:\n";
  EXPECT_NE(ended.out.find(summary), std::string::npos) << ended.out;
  EXPECT_TRUE(fs::is_empty(path() / "work" / "artifacts"));
}

TEST_F(CliAgainst, WhatIsNewIsFiled) {
  const Ended ended = fuzz(kLosing, "loses-a-page", "wrong-errno");
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_TRUE(filed(kLost)) << ended.out;
  EXPECT_EQ(ended.out.find("v1.0"), std::string::npos) << ended.out;
}

// What a fuzzing process finds by itself, it hands over in another way.
TEST_F(CliAgainst, WhatIsOldIsALineOfJson) {
  write_content(path() / "seeds" / "losing", bytes_of(kLosing));
  const Ended ended = fuzz("start\n", "loses-a-page", "loses-a-page",
                           {"--json", "--target", TIDEMARK_LYING_FUZZER});
  EXPECT_NE(ended.out.find(std::string("{\"old\":\"") + kLost + "\",\"at\":\"v1.0\"}\n"),
            std::string::npos)
      << ended.out << ended.err;
  EXPECT_EQ(ended.out.find("also"), std::string::npos) << ended.out;
  EXPECT_FALSE(filed(kLost)) << ended.err;
}

TEST_F(CliAgainst, WhatCannotBeComparedIsExitCodeTwo) {
  const Ended none = fuzz(kLosing, "", "", {"--older", "missing"});
  EXPECT_EQ(none.code, 2) << none.out;
  EXPECT_NE(none.err.find("no program with the tracker of 'v1.0' at 'missing'"), std::string::npos)
      << none.err;
}

}  // namespace
}  // namespace tidemark
#endif
