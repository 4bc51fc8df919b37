// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// ./tidemark oss-fuzz check, on folders with programs that look like fuzz targets: each
// rule holds for the one that is right, and is the one that fails when it is broken.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "command.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// What the check looks at in a fuzz target, and nothing else.
constexpr const char* kTarget = R"c(
#include <stdio.h>
#include <string.h>
__asm__(".text\n__asan_load: ret\n__ubsan_handle: ret\n"
        "unused: .rept " CALLS "\n call __asan_load\n .endr\n"
        ".rept " MORE "\n call __ubsan_handle\n .endr\n" EXTRA);
int LLVMFuzzerTestOneInput(void) { return 0; }
int main(int argc, char** argv) {
  puts("LLVMFuzzerTestOneInput\nINFO: Loaded 1 modules   (" COUNTERS " inline 8-bit counters)");
  if (BESIDE && strstr(argv[0], "/moved/")) return 1;
  for (int i = 1; i < argc; ++i)
    if (!strcmp(argv[i], "-runs=4")) puts("Done " RUNS " runs");
  return argc > 1 && strstr(argv[argc - 1], "/seeds/") ? SEEDS : 0;
}
)c";

using Definitions = std::map<std::string, std::string>;

class OssFuzzCheck : public testing::Test {
 protected:
  OssFuzzCheck() {
    make("store_fuzzer");
    add_files("store_fuzzer");
    for (const std::string name : {"allocation_fuzzer", "codec_fuzzer", "lockstep_fuzzer"}) {
      fs::create_symlink("store_fuzzer", path() / name);
      for (const std::string end : {".options", ".dict", "_seed_corpus.zip"})
        fs::create_symlink("store_fuzzer" + end, path() / (name + end));
    }
  }
  const fs::path& path() const { return folder_.path; }

  void make(const std::string& name, const Definitions& changed = {},
            const std::string& library = "") const {
    Definitions all = {{"CALLS", "\"1000\""},   {"MORE", "\"0\""}, {"EXTRA", "\"\""},
                       {"COUNTERS", "\"500\""}, {"RUNS", "\"4\""}, {"SEEDS", "0"},
                       {"BESIDE", "0"}};
    for (const auto& [word, value] : changed) all[word] = value;
    const fs::path source = work_.path / "target.c";
    write_content(source, kTarget);
    std::vector<std::string> words = {"/usr/bin/env", TIDEMARK_CC,   "-w",
                                      "-o",           path() / name, source};
    for (const auto& [word, value] : all) words.push_back("-D" + word + "=" + value);
    if (!library.empty()) words.insert(words.end(), {"-Wl,--no-as-needed", library});
    ASSERT_EQ(Command(words).run().code, 0);
  }
  void add_files(const std::string& name) const {
    write_content(path() / (name + ".options"), "[libfuzzer]\nmax_len = 1040\n");
    write_content(path() / (name + ".dict"), "\"\\x01\\xff\"\nword=\"map\"\n# a comment\n");
    write_content(work_.path / "seed", "a seed");
    ASSERT_EQ(Command({"/usr/bin/env", "cmake", "-E", "tar", "cf",
                       path() / (name + "_seed_corpus.zip"), "--format=zip", "seed"})
                  .in(work_.path)
                  .run()
                  .code,
              0);
  }
  // With stand_in()s in the place of what the check calls.
  Ended check(const std::string& sanitizer = "address",
              const std::string& engine = "libfuzzer") const {
    return Command({fs::path(TIDEMARK_CHECKOUT) / "scripts" / "oss_fuzz.sh", "--out", path(),
                    "--sanitizer", sanitizer, "--engine", engine})
        .with("PATH", (work_.path / "bin").string() + ":" + std::getenv("PATH"))
        .run();
  }
  void stand_in(const std::string& name, const std::string& lines) const {
    const fs::path program = work_.path / "bin" / name;
    write_content(program, "#!/bin/sh\n" + lines);
    fs::permissions(program, fs::perms::owner_all);
  }
  // Of this rule, on this target, for this reason.
  static void expect_failure(const Ended& ended, std::string rule, const std::string& target,
                             const std::string& reason) {
    EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
    rule.resize(std::string("dictionary ").size(), ' ');
    const std::string line = "\nFAILED  " + rule + " " + target + ": " + reason + "\n";
    EXPECT_NE(("\n" + ended.out).find(line), std::string::npos) << line << ended.out;
  }

  const TemporaryFolder folder_, work_;
};

TEST_F(OssFuzzCheck, AllRulesHoldForWhatIsRight) {
  const Ended ended = check();
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  for (const std::string rule :
       {"targets", "size", "name", "files", "paths", "dictionary", "options", "seeds", "libraries",
        "processor", "purity", "start", "crash"})
    EXPECT_NE(ended.out.find("ok      " + rule + " "), std::string::npos) << rule;
  EXPECT_NE(ended.out.find("store_fuzzer (moved)"), std::string::npos) << ended.out;
}

// A target that breaks nothing but this, beside those that are right.
TEST_F(OssFuzzCheck, WhatATargetBreaksIsSaidOfIt) {
  fs::remove(path() / "lockstep_fuzzer");
  write_content(path() / "lockstep_fuzzer", "no program");
  const struct {
    std::string name;
    Definitions changed;
    std::string rule, reason;
  } broken[] = {
      {"a.target", {}, "name", "has other characters than A-Za-z0-9_-"},
      {"runs", {{"RUNS", "\"3\""}}, "start", "did not print 'Done 4 runs'"},
      {"edges", {{"COUNTERS", "\"99\""}}, "start", "99 counters of coverage, and not 100"},
      {"seeds", {{"SEEDS", "1"}}, "crash", "fails on a seed"},
      {"avx",
       {{"EXTRA", "\"vzeroall\\nvpxor %ymm0,%ymm0,%ymm0\\n\""}},
       "processor",
       "has AVX instructions, which not each x86-64 has"},
      {"few", {{"CALLS", "\"999\""}}, "purity", "999 calls of __asan, and not 1000"},
      {"mixed", {{"MORE", "\"201\""}}, "purity", "201 calls of __ubsan, and at most 200 may be"},
      {"shared", {}, "libraries", "needs libstdc++.so.6"},
  };
  for (const auto& target : broken) {
    make(target.name, target.changed, target.name == "shared" ? "-lstdc++" : "");
    add_files(target.name);
  }
  make("tied", {{"BESIDE", "1"}});
  add_files("tied");
  const Ended ended = check();
  for (const auto& target : broken) expect_failure(ended, target.rule, target.name, target.reason);
  expect_failure(ended, "crash", "tied (moved)", "fails on a seed");
  expect_failure(ended, "targets", ".", "there is no lockstep_fuzzer");
  for (const std::string target : {"store_fuzzer", "codec_fuzzer", "store_fuzzer (moved)"})
    EXPECT_EQ(ended.out.find(target + ": "), std::string::npos) << ended.out;
}

TEST_F(OssFuzzCheck, EachSanitizerHasItsNumberOfCalls) {
  expect_failure(check("memory"), "purity", "store_fuzzer",
                 "0 calls of __msan, and not 1000; 1000 calls of __asan, and none may be");
}

// And what is in the folder has a limit.
TEST_F(OssFuzzCheck, UndefinedBehaviorHasLessAndTheFolderALimit) {
  stand_in("du", "printf '2500000\\t.\\n'");
  const Ended ended = check("undefined");
  expect_failure(ended, "size", ".", "2500000 KiB, and not below 2,500,000");
  expect_failure(ended, "purity", "store_fuzzer",
                 "0 calls of __ubsan, and not 168; 1000 calls of __asan, and none may be");
}

// For one of them it is not.
TEST_F(OssFuzzCheck, AflFuzzHasToBeReady) {
  stand_in("afl-fuzz", "case $* in *codec_fuzzer*) ;; *) echo All set and ready to roll;; esac");
  const Ended ended = check("address", "afl");
  for (const std::string where : {"codec_fuzzer", "codec_fuzzer (moved)"})
    expect_failure(ended, "start", where, "afl-fuzz was not ready within 35 s");
  EXPECT_NE(ended.out.find("ok      start       store_fuzzer\n"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("\n2 failed\n"), std::string::npos) << ended.out;
}

TEST_F(OssFuzzCheck, FilesBesideATarget) {
  fs::remove(path() / "codec_fuzzer.options");
  fs::remove(path() / "allocation_fuzzer.dict");
  fs::remove(path() / "lockstep_fuzzer_seed_corpus.zip");
  write_content(path() / "codec_fuzzer.options", "max_len = 1040\n");
  write_content(path() / "allocation_fuzzer.dict", "\"/tmp/build\"\nmap\n");
  write_content(path() / "lockstep_fuzzer_seed_corpus.zip", "no zip");
  fs::remove(path() / "store_fuzzer.options");
  const Ended ended = check();
  expect_failure(ended, "options", "codec_fuzzer", "line 1 is no option");
  expect_failure(ended, "dictionary", "allocation_fuzzer", "line 2 is no entry");
  expect_failure(ended, "paths", "allocation_fuzzer",
                 "allocation_fuzzer.dict has an absolute path");
  expect_failure(ended, "seeds", "lockstep_fuzzer", "the zip cannot be read");
  expect_failure(ended, "files", "store_fuzzer", "store_fuzzer.options is missing or empty");
}

}  // namespace
}  // namespace tidemark
