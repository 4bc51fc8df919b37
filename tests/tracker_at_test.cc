// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The trackers of revisions, with a build of a few lines in the place of ours.
#include <gtest/gtest.h>

#include <chrono>

#include "command.h"
#include "repository.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

class TrackerAt : public Repository {
 protected:
  TrackerAt() {
    write_content(path() / "harness" / "subjects" / "tracker.cc", border("older"));
    const std::string impl = "impl/CMakeFiles/tidemark_impl.dir/os_user/tidemark_os.c.o",
                      subject =
                          "harness/CMakeFiles/tidemark_tracker_subject.dir/subjects/"
                          "tracker.cc.o";
    // As CMake writes them. There is no library, which nothing shall be taken from.
    write_content(fuzz() / "build.ninja",
                  "rule run\n  command = $command\n" +
                      edge(impl, compiling(impl, "impl/os_user/tidemark_os.c")) +
                      edge(subject, compiling(subject, "harness/subjects/tracker.cc")) +
                      edge("tidemark",
                           ": && " TIDEMARK_CC " -g  -o tidemark  impl/libtidemark_impl.a  && :"));
    write_content(fuzz() / "tidemark", "built");
    write_content(path() / "impl" / "os_user" / "tidemark_os.c", "int os(void) { return 0; }\n");
    write_content(path() / "impl" / "tidemark.h", kHeader);
    answer(1);
  }
  static constexpr const char* kHeader = "int answer(void);\n";
  fs::path fuzz() const { return path() / "build" / "fuzz"; }
  static std::string border(const std::string& word) {
    return "#include <stdio.h>\nextern \"C\" {\n#include \"tidemark.h\"\n}\n"
           "int main() { printf(\"" +
           word + " %d\\n\", answer()); }\n";
  }
  void answer(int number) const {
    write_content(
        path() / "impl" / "answer.c",
        "#include \"tidemark.h\"\nint answer(void) { return " + std::to_string(number) + "; }\n");
    commit("impl: answer " + std::to_string(number));
  }
  Ended tracker_at(const Words& words) const {
    Words all = {path() / "scripts" / "tracker_at.sh"};
    all.insert(all.end(), words.begin(), words.end());
    return command(all).run();
  }
  std::string program_at(const std::string& revision) const {
    const Ended ended = tracker_at({revision});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out.substr(0, ended.out.find('\n'));
  }
  std::string said_at(const std::string& revision) const {
    return Command({program_at(revision)}).run().out;
  }
  void expect_refused(const Words& words, int code, const std::string& what) const {
    const Ended ended = tracker_at(words);
    EXPECT_EQ(ended.code, code) << what;
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err.find(what), std::string::npos) << ended.err;
  }

 private:
  static std::string edge(const std::string& product, const std::string& command) {
    return "build " + product + ": run\n  command = " + command + "\n";
  }
  std::string compiling(const std::string& object, const std::string& source) const {
    const std::string root = "\"" + path().string() + "/";
    return TIDEMARK_CC " -I" + root + "impl/.\" -MD -MT " + object + " -MF " + object + ".d -o " +
           object + " -c " + root + source + "\"";
  }
};

TEST_F(TrackerAt, IsTheTrackerAsItWas) {
  answer(2);
  write_content(path() / "impl" / "answer.c", "not committed");
  const std::string before = traces();
  EXPECT_EQ(said_at("HEAD~1"), "older 1\n");
  EXPECT_EQ(said_at("HEAD"), "older 2\n");
  EXPECT_EQ(traces(), before);
}

TEST_F(TrackerAt, IsBuiltOnceForEachImplAndHarness) {
  const std::string program = program_at("HEAD");
  const auto built = fs::last_write_time(program);
  commit("docs: nothing that is built");
  EXPECT_EQ(program_at("HEAD"), program);
  EXPECT_EQ(fs::last_write_time(program), built);
  write_content(path() / "harness" / "subjects" / "tracker.cc", border("newer"));
  fs::last_write_time(fuzz() / "tidemark", built + std::chrono::seconds(1));
  EXPECT_EQ(said_at("HEAD"), "newer 1\n");
}

TEST_F(TrackerAt, WhatDoesNotBuildIsSaid) {
  write_content(path() / "impl" / "answer.c", "this is no C\n");
  commit("impl: broken");
  expect_refused({"HEAD"}, 1, "impl/ of 'HEAD' does not compile (");
  write_content(path() / "impl" / "answer.c", "int reply(void) { return 1; }\n");
  commit("impl: has no answer");
  expect_refused({"HEAD"}, 1, "undefined");
  expect_refused({"HEAD"}, 1, "cannot be linked with today's harness: it has another interface");
  write_content(path() / "impl" / "tidemark.h", "int reply(void);\n");
  commit("impl: says that it has none");
  expect_refused({"HEAD"}, 1, "cannot be linked with today's harness: it has another interface");
}

TEST_F(TrackerAt, WhatCannotRunIsExitCodeTwo) {
  expect_refused({"v9"}, 2, "git knows no revision 'v9' here");
  expect_refused({"--check", "v9"}, 2, "git knows no revision 'v9' here");
  expect_refused({""}, 2, "git knows no revision '' here");
  fs::remove(fuzz() / "tidemark");
  expect_refused({"HEAD"}, 2, "build/fuzz/tidemark is not built");
  EXPECT_EQ(tracker_at({"--check", "HEAD"}).code, 0);
  fs::rename(path() / "impl", path() / "elsewhere");
  commit("impl: is elsewhere");
  expect_refused({"HEAD"}, 2, "there is no impl/ at 'HEAD'");
  fs::remove_all(path() / ".git");
  expect_refused({"HEAD"}, 2, "is no checkout of git's");
}

}  // namespace
}  // namespace tidemark
