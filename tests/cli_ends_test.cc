// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is said of programs that end the process, or do not end.
#include <csignal>

#include "cli_fixture.h"
#include "wait_until.h"

namespace tidemark {
namespace {

class CliEnds : public CliFixture {
 protected:
  CliEnds() {
    file("p", "container v1 room=8192\nattach g0 emulated\nmap 0p 1p rw\nunmap 0p 1p\nstop\n");
  }
  Command replay(const std::string& lie, Words more = {}) const {
    more.insert(more.begin(), {"replay", "p"});
    return tidemark_command(more).in(path()).lying("unmap:" + lie);
  }
};

TEST_F(CliEnds, OfACrashTheStepIsNamed) {
  const Ended ended = replay("frees-twice").run();
  EXPECT_NE(ended.out.find("   2  map 0p 1p rw "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("p: crashes: AddressSanitizer.double-free.v1\n"
                           "step 3 of 4: unmap 0p 1p\n"
                           "means     AddressSanitizer: "),
            std::string::npos)
      << ended.out;
  const Ended json = replay("frees-twice", {"--json"}).run();
  EXPECT_NE(json.out.find(R"("step":3)"), std::string::npos) << json.out;
}

// Who asks for the verdict alone wants no sanitizer's report.
TEST_F(CliEnds, QuietlyItIsOneLine) {
  const Ended ended = replay("frees-twice", {"--quiet"}).run();
  EXPECT_EQ(ended.out, "p: crashes: AddressSanitizer.double-free.v1\n");
  EXPECT_EQ(ended.err, "");
  file("lost", kLost);
  const Command differs = tidemark_command({"replay", "--quiet", "lost"}).in(path());
  EXPECT_EQ(Command(differs).lying("loses-a-page").run().out,
            "lost: diverges: lockstep.query.missing-dirty\n");
}

// And not of whoever watches how much it has.
TEST_F(CliEnds, WantOfMemoryIsThatOfTheStep) {
  const Ended ended = replay("eats-memory").run();
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.out.find("p: crashes: out-of-memory.v1\nstep 3 of 4: unmap 0p 1p\n"
                           "actual    it had 1"),
            std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find(
                " MiB of memory, and may have 1024 MiB\n"
                "means     out-of-memory: it took too much memory, as what does not end may\n"),
            std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("\nrule      D21, "), std::string::npos) << ended.out;
  EXPECT_NE(ended.err.find("where it was when it had too much memory:\n    #0 "), std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find("eat_memory"), std::string::npos) << ended.err;
  for (const char* of_watcher : {"_for_memory", "T1", "Assertion"})
    EXPECT_EQ(ended.err.find(of_watcher), std::string::npos) << of_watcher << " in " << ended.err;
}

// Its verdict takes a while.
TEST_F(CliEnds, WhatMayHangIsNamedMeanwhile) {
  const Command command =
      Command({"/bin/sh", "-c", "exec \"$0\" replay p 2>errors", TIDEMARK_LYING_PROGRAM})
          .in(path())
          .lying("unmap:hangs");
  Command::Running running(command);
  wait_until([&] { return content(path() / "errors").ends_with("\n"); });
  running.kill(SIGKILL);
  EXPECT_EQ(running.wait().out.find(": hangs"), std::string::npos);
  EXPECT_EQ(content(path() / "errors"),
            "tidemark: step 3 of 4, unmap 0p 1p, is running; it may take 20 s\n");
}

}  // namespace
}  // namespace tidemark
