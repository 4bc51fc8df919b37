// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzing with AFL++, but for AFL++ itself: what an afl-fuzz leaves in its folders is what a
// script leaves there.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "afl.h"
#include "command.h"
#include "parsed.h"
#include "program_bytes.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;
using session::Afl;
using session::is_afl_input;
using session::is_afl_own;
using session::parse_afl_stats;

constexpr const char* kStats =
    "start_time        : 1700000000\n"
    "corpus_count      : 317\n"
    "edges_found       : 512\n"
    "total_edges       : 1460\n"
    "command_line      : afl-fuzz -i in -o out -- corpus_count : 9\n";

TEST(AflStats, AreReadByName) {
  const auto stats = parse_afl_stats(kStats);
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->corpus_count, 317u);
  EXPECT_EQ(stats->edges_found, 512u);
  EXPECT_EQ(stats->total_edges, 1460u);
}

TEST(AflStats, OfAPartOfTheFileAreNone) {
  const std::string text = kStats;
  EXPECT_FALSE(parse_afl_stats(""));
  EXPECT_FALSE(parse_afl_stats("corpus_count      : 317\n"));
  // "total_edges : 14" of 1460.
  EXPECT_FALSE(parse_afl_stats(text.substr(0, text.find("60\n"))));
  EXPECT_FALSE(parse_afl_stats("corpus_count : x\nedges_found : 1\ntotal_edges : 2\n"));
  EXPECT_FALSE(parse_afl_stats("corpus_count : 1\nedges_found : 1.5\ntotal_edges : 2\n"));
}

TEST(AflFiles, AreKnownByTheirNames) {
  EXPECT_TRUE(is_afl_input("id:000000,sig:06,src:000001,time:12,execs:345,operations"));
  for (const char* other : {"README.txt", ".state", "fuzzer_stats", "", "id"})
    EXPECT_FALSE(is_afl_input(other)) << other;
  EXPECT_TRUE(is_afl_own("id:000300,src:000007,time:9,execs:99,op:havoc,rep:2,+cov"));
  EXPECT_FALSE(is_afl_own("id:000000,time:0,execs:0,orig:12"));
  EXPECT_FALSE(is_afl_own("id:000301,sync:instance-0,src:000003,+cov"));
  EXPECT_FALSE(is_afl_own("README.txt"));
}

class AflFolders : public testing::Test {
 protected:
  AflFolders() {
    for (const fs::path& folder : {corpus_, artifacts_, seeds_}) fs::create_directory(folder);
  }
  fs::path instance(const std::string& folder) const { return work() / "afl/instance-0" / folder; }
  const fs::path& work() const { return folder_.path; }
  std::set<std::string> contents_of(const fs::path& folder) const {
    std::set<std::string> contents;
    for (const auto& entry : fs::directory_iterator(folder)) contents.insert(content(entry.path()));
    return contents;
  }

  const TemporaryFolder folder_;
  const fs::path corpus_ = work() / "corpus", artifacts_ = work() / "artifacts";
  const fs::path seeds_ = work() / "seeds";
  Afl afl_{work(), corpus_, artifacts_};
};

// afl-fuzz takes neither links nor empty files.
TEST_F(AflFolders, ItBeginsWithCopies) {
  write_content(work() / "elsewhere", "a seed");
  fs::create_symlink(work() / "elsewhere", seeds_ / "0");
  write_content(corpus_ / "empty", "");
  write_content(corpus_ / "large", std::string(2 * kMaxProgramBytes, 'x'));
  afl_.begin({seeds_, corpus_});
  EXPECT_EQ(contents_of(work() / "afl-inputs"),
            (std::set<std::string>{"a seed", std::string(kMaxProgramBytes, 'x')}));
  for (const auto& entry : fs::directory_iterator(work() / "afl-inputs"))
    EXPECT_FALSE(fs::is_symlink(entry.path()));
  fs::remove(corpus_ / "large");
  fs::remove(seeds_ / "0");
  afl_.begin({seeds_, corpus_});
  EXPECT_EQ(contents_of(work() / "afl-inputs"), std::set<std::string>{std::string(1, '\0')});
}

TEST_F(AflFolders, WhatItFindsIsHandedOver) {
  afl_.begin({seeds_});
  EXPECT_TRUE(afl_.take(0).empty()) << "there is no instance yet";
  EXPECT_EQ(afl_.stats(0).corpus_count, 0u);
  write_content(instance("queue") / "id:000000,time:0,execs:0,orig:0", "a seed");
  write_content(instance("queue") / "id:000001,src:000000,time:5,execs:8,operations", "is new");
  write_content(instance("queue") / "id:000002,src:000000,time:6,execs:9,operations", "");
  write_content(instance("queue") / "id:000003,sync:instance-1,src:000004", "another's");
  write_content(instance("crashes") / "id:000000,sig:06,src:000000,time:7,execs:10", "crashes");
  write_content(instance("crashes") / "README.txt", "Command line used to find this crash:");
  write_content(instance("hangs") / "id:000000,src:000000,time:7,execs:10", "hangs");
  write_content(instance("fuzzer_stats"), kStats);
  const auto artifacts = afl_.take(0);
  ASSERT_EQ(artifacts.size(), 2u);
  EXPECT_TRUE(artifacts[0].filename().string().starts_with("crash-"));
  EXPECT_EQ(content(artifacts[0]), "crashes");
  EXPECT_TRUE(artifacts[1].filename().string().starts_with("timeout-"));
  EXPECT_EQ(content(artifacts[1]), "hangs");
  EXPECT_EQ(contents_of(corpus_), std::set<std::string>{"is new"});
  EXPECT_EQ(entries_in(instance("crashes")), 1u) << "README.txt";
  EXPECT_EQ(afl_.stats(0).edges_found, 512u);
  EXPECT_EQ(afl_.stats(0).corpus_count, 317u);
  fs::remove(instance("fuzzer_stats"));
  EXPECT_EQ(afl_.stats(0).edges_found, 0u);
  EXPECT_EQ(afl_.stats(0).corpus_count, 4u) << "files are there at once";
  write_content(instance("queue") / "id:000004,sync:instance-1,src:000005", "not yet listed");
  EXPECT_EQ(afl_.stats(0).corpus_count, 4u) << "it is not looked into twice";
  // The rest once it is written, and nothing twice.
  write_content(instance("queue") / "id:000002,src:000000,time:6,execs:9,operations", "later");
  EXPECT_TRUE(afl_.take(0).empty());
  EXPECT_EQ(contents_of(corpus_), (std::set<std::string>{"is new", "later"}));
  // Of a session that was killed, the next saves what it can.
  write_content(instance("crashes") / "id:000001,sig:06", "crashes otherwise");
  EXPECT_EQ(Afl(work(), corpus_, artifacts_).take_all().size(), 1u);
}

TEST_F(AflFolders, OneAloneIsNoMain) {
  const auto words = [this](std::size_t number, std::size_t of) {
    return afl_.words({.target = "t", .mutator = "m", .number = number, .of = of, .timeout = 5});
  };
  const auto has = [](const std::vector<std::string>& all, const char* word) {
    return std::ranges::find(all, word) != all.end();
  };
  EXPECT_TRUE(has(words(0, 1), "-S"));
  EXPECT_TRUE(has(words(0, 2), "-M"));
  EXPECT_TRUE(has(words(1, 2), "-S"));
  EXPECT_TRUE(has(words(1, 2), "instance-1"));
  EXPECT_TRUE(has(words(0, 1), "AFL_CUSTOM_MUTATOR_LIBRARY=m"));
  EXPECT_TRUE(has(words(0, 1), "AFL_CUSTOM_MUTATOR_ONLY=1"));
  EXPECT_FALSE(has(words(0, 1), "AFL_BENCH_UNTIL_CRASH=1"));
  // Where there are none, it has the target walk stacks the slow way.
  EXPECT_TRUE(has(words(0, 1), "LSAN_OPTIONS=symbolize=0"));
}

// The command, with a script for afl-fuzz.
class CliAfl : public testing::Test {
 protected:
  CliAfl() {
    const auto bytes =
        encode(parsed("container v2\nattach g0 emulated\nmap 0p 4p rw\nstart\nwrite 2p 1\n"
                      "query 0p 4p\n"));
    write_content(path() / "crash", {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
    write_content(path() / "seeds" / "seed", "a seed");
    make_program("build/lockstep_fuzzer", "exit 0");
    // afl-fuzz -i IN -o OUT -S NAME ...
    make_program("bin/afl-fuzz",
                 "mkdir -p \"$4/$6/queue\" \"$4/$6/crashes\" \"$4/$6/hangs\"\n"
                 "cp crash \"$4/$6/crashes/id:000000,sig:06\"\n"
                 "echo x > \"$4/$6/crashes/README.txt\"\n"
                 "echo new > \"$4/$6/queue/id:000001,src:000000\"\n"
                 "printf 'corpus_count : 2\\nedges_found : 7\\ntotal_edges : 9\\n' "
                 "> \"$4/$6/fuzzer_stats\"\n");
  }
  const fs::path& path() const { return folder_.path; }
  void make_program(const std::string& name, const std::string& text) const {
    write_content(path() / name, "#!/bin/sh\n" + text);
    fs::permissions(path() / name, fs::perms::owner_all);
  }
  Ended fuzz(const std::string& engine = "afl", const std::string& afl = "build",
             const std::string& subject = "tracker") const {
    return tidemark_command({"fuzz", "--engine", engine, "--afl", afl, "--subject", subject,
                             "--target", "none", "--seeds", "seeds", "--work", "work", "--jobs",
                             "1", "--seconds", "1"})
        .lying("loses-a-page")
        .with("PATH", (path() / "bin").string() + ":/usr/bin:/bin")
        .in(path())
        .run();
  }

  const TemporaryFolder folder_;
};

TEST_F(CliAfl, WhatItCrashesOnIsFiledAsLibFuzzersIs) {
  const Ended ended = fuzz();
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_NE(ended.out.find("found: lockstep.query.missing-dirty\n"), std::string::npos)
      << ended.out;
  EXPECT_TRUE(fs::exists(path() / "findings/lockstep.query.missing-dirty/report.txt"));
  EXPECT_EQ(entries_in(path() / "findings"), 1u) << "README.txt is no finding";
  EXPECT_EQ(entries_in(path() / "work/artifacts"), 0u);
  EXPECT_EQ(entries_in(path() / "work/corpus"), 1u);
  EXPECT_NE(ended.out.find(" 7 of 9 "), std::string::npos) << ended.out;
}

TEST_F(CliAfl, SaysWhatIsMissingOrNotForIt) {
  const Ended library = fuzz("afl", "build", TIDEMARK_EXAMPLES "/example.so");
  EXPECT_EQ(library.code, 2);
  EXPECT_NE(library.err.find("--engine afl is for the tracker"), std::string::npos) << library.err;
  const Ended no_engine = fuzz("honggfuzz");
  EXPECT_EQ(no_engine.code, 2);
  EXPECT_NE(no_engine.err.find("honggfuzz not in {libfuzzer,afl}"), std::string::npos)
      << no_engine.err;
  const Ended no_target = fuzz("afl", "nowhere");
  EXPECT_EQ(no_target.code, 2);
  EXPECT_NE(no_target.err.find("no fuzz target at 'nowhere/lockstep_fuzzer'"), std::string::npos)
      << no_target.err;
  fs::remove_all(path() / "bin");
  if (fs::exists("/usr/bin/afl-fuzz")) return;
  const Ended no_afl = fuzz();
  EXPECT_EQ(no_afl.code, 2);
  EXPECT_NE(no_afl.err.find("setup afl++"), std::string::npos) << no_afl.err;
}

}  // namespace
}  // namespace tidemark
