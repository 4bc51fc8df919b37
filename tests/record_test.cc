// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The library that writes down what a process asks of VFIO, in processes that ask a tracker of
// ours (tests/recorded/).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "command.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

class Record : public testing::Test {
 protected:
  Record() {
    for (const char* group : {"7", "8"})
      write_content(path() / (std::string(group) + ".type"), "unknown\n");
    write_content(path() / "40.type", "DMA\n");
  }
  const std::filesystem::path& path() const { return folder_.path; }
  Command command(const std::vector<std::string>& words) const {
    std::vector<std::string> all = {TIDEMARK_ASKS_VFIO};
    all.insert(all.end(), words.begin(), words.end());
    return Command(all)
        .with("LD_PRELOAD", TIDEMARK_RECORDER ":" TIDEMARK_FAKE_VFIO)
        .with("FAKE_VFIO", path())
        .with("TIDEMARK_RECORD_LOG", path() / "log");
  }
  Ended run(const std::vector<std::string>& words) const {
    Ended ended = command(words).run();
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended;
  }
  std::vector<std::string> lines() const {
    std::istringstream text(content(path() / "log"));
    std::vector<std::string> all;
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }
  // What was called, without times and processes, which are others each time. Containers are
  // numbered in their order.
  std::string calls() const {
    static const std::regex line("[0-9]+\\.[0-9]{9} [0-9]+ [0-9]+ [0-9]+ [0-9]+ (.*)");
    std::string text;
    std::map<std::string, std::size_t> containers;
    for (const std::string& whole : lines()) {
      std::smatch parts;
      if (whole.starts_with("tidemark-record 1 ")) continue;
      EXPECT_TRUE(std::regex_match(whole, parts, line)) << whole;
      std::string call = parts[1];
      static const std::regex container("c[0-9]+\\.[0-9]+");
      if (std::regex_search(call, parts, container)) {
        const std::size_t number = containers.emplace(parts[0], containers.size()).first->second;
        call = parts.prefix().str() + "c" + std::to_string(number) + parts.suffix().str();
      }
      static const std::regex bitmap(" bitmap=0x[0-9a-f]+");
      text += std::regex_replace(call, bitmap, "") + "\n";
    }
    return text;
  }

  const TemporaryFolder folder_;
};

TEST_F(Record, each_call_is_a_line_with_what_came_out) {
  run({"session"});
  EXPECT_EQ(
      calls(),
      "c0 api-version => 0\n"
      "c0 extension 0x3 => 1\n"
      "g7 join c0 kind=emulated => 0\n"
      "c0 set-iommu 0x3 => 0\n"
      "c0 info argsz=0x18 => 0 bytes=440000000300000000f0ffffffffffff\n"
      "c0 info argsz=0x100 => 0 bytes=000100000300000000f0ffffffffffff1800000000000000020001003800"
      "00000000000000000000001000000000000000000010000000000300010000000000ffff\n"
      "c0 map argsz=0x20 flags=0x3 vaddr=0x0 iova=0x0 size=0x4000 => 0\n"
      "c0 map argsz=0x20 flags=0x3 vaddr=0x4000 iova=0x100000 size=0x64000 => 0\n"
      "c0 map argsz=0x20 flags=0x3 vaddr=0x0 iova=0x1000 size=0x1000 => -17\n"
      "c0 map argsz=0x20 flags=0x3 vaddr=0x1 iova=0x10000000 size=0x1000 => -22\n"
      "c0 dirty argsz=0x30 flags=0x4 iova=0x0 size=0x4000 pgsize=0x1000 bitmap_size=0x8 => -22\n"
      "c0 dirty argsz=0x8 flags=0x1 => 0\n"
      "c0 dirty argsz=0x30 flags=0x4 iova=0x0 size=0x4000 pgsize=0x1000 bitmap_size=0x8 => 0 "
      "words 0:0x3\n"
      "c0 dirty argsz=0x30 flags=0x4 iova=0x100000 size=0x64000 pgsize=0x1000 bitmap_size=0x10 "
      "=> 0 words 1:0x40\n"
      "c0 dirty argsz=0x30 flags=0x4 iova=0x100000 size=0x64000 pgsize=0x1000 bitmap_size=0x10 "
      "=> 0 used words 0:0x2\n"
      "c0 unmap argsz=0x30 flags=0x1 iova=0x0 size=0x4000 pgsize=0x1000 bitmap_size=0x8 => 0 "
      "size=0x4000 words 0:0x8\n"
      "c0 dirty argsz=0x8 flags=0x2 => 0\n"
      "c0 unmap argsz=0x18 flags=0x0 iova=0x100000 size=0x64000 => 0 size=0x64000\n"
      "c0 ioctl 0x3b73 => -25\n"
      "g7 leave => 0\n");
}

// The process checks that its errors are the same as without a recorder.
TEST_F(Record, bad_pointers_stay_errors) {
  run({"bad-pointers"});
  const std::string all = calls();
  for (const char* verb : {"map", "unmap", "dirty", "info"})
    EXPECT_NE(all.find("c0 " + std::string(verb) + " unreadable => -14\n"), all.npos) << all;
  EXPECT_NE(all.find("bitmap_size=0x8 => -14\n"), all.npos) << all;
  EXPECT_NE(all.find("bitmap_size=0x8 => 0 words 0:0x1\n"), all.npos) << all;
}

TEST_F(Record, lines_of_several_threads_are_whole_and_none_is_missing) {
  run({"threads"});
  const std::vector<std::string> all = lines();
  static const std::regex line(
      "[0-9]+\\.[0-9]{9} [0-9]+ ([0-9]+) ([0-9]+) ([0-9]+) c\\1\\.1 extension 0x9 => 1");
  std::map<std::string, unsigned> of_thread;
  std::set<unsigned long> numbers;
  for (const std::string& text : all) {
    std::smatch parts;
    if (!std::regex_match(text, parts, line)) continue;
    ++of_thread[parts[2]];
    numbers.insert(std::stoul(parts[3]));
  }
  EXPECT_EQ(all.size(), 8005u) << "and what was before them";
  EXPECT_EQ(of_thread.size(), 8u);
  EXPECT_EQ(numbers.size(), 8000u);
  for (const auto& [thread, count] : of_thread) EXPECT_EQ(count, 1000u) << thread;
}

TEST_F(Record, calls_that_have_returned_are_there_when_a_process_is_killed) {
  const Ended ended = command({"forever"}).run(1);
  EXPECT_EQ(ended.code, -SIGKILL);
  const std::size_t returned = ended.out.size();
  const std::vector<std::string> all = lines();
  const auto count = static_cast<std::size_t>(std::ranges::count_if(
      all, [](const std::string& line) { return line.ends_with(" extension 0x9 => 1"); }));
  EXPECT_GT(returned, 10u);
  EXPECT_GE(count, returned);
  EXPECT_LE(count, returned + 1);
}

TEST_F(Record, children_and_what_they_become_are_told_apart) {
  run({"with-child"});
  std::set<std::string> processes, containers;
  std::vector<std::string> beginnings;
  for (const std::string& line : lines()) {
    std::smatch parts;
    static const std::regex call("[0-9.]+ [0-9]+ ([0-9]+) [0-9]+ ([0-9]+) (c[0-9.]+ )?.*");
    if (line.starts_with("tidemark-record 1 ")) {
      beginnings.push_back(line.substr(18));
    } else if (std::regex_match(line, parts, call)) {
      processes.insert(parts[1]);
      if (parts[3].matched) containers.insert(parts[3]);
    }
  }
  ASSERT_EQ(beginnings.size(), 3u) << "the parent, the child, and what that becomes";
  EXPECT_NE(beginnings[0], beginnings[1]);
  EXPECT_EQ(beginnings[1], beginnings[2]);
  EXPECT_EQ(processes.size(), 2u);
  EXPECT_EQ(containers.size(), 2u) << "the parent's, which the child has, and one more";
}

TEST_F(Record, containers_are_known_by_whichever_way_they_are_called) {
  run({"other-ways"});
  const std::string asked = "c0 extension 0x9 => 1\n";
  EXPECT_EQ(calls().substr(calls().find(asked)),
            asked + asked + asked + "c1 api-version => 0\nc1 close\nc0 close\n");
}

TEST_F(Record, who_uses_no_vfio_writes_no_line) {
  run({"nothing"});
  EXPECT_TRUE(std::filesystem::exists(path() / "log"));
  EXPECT_EQ(content(path() / "log"), "");
}

TEST_F(Record, a_line_that_cannot_be_written_is_said_and_changes_no_call) {
  const Ended ended = command({"session"}).with("TIDEMARK_RECORD_LOG", "/dev/full").run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  EXPECT_NE(ended.err.find("a line of the log could not be written"), std::string::npos);
}

TEST_F(Record, what_a_call_costs_is_shown) {
  const Ended with = run({"figures"});
  const Ended without = Command({TIDEMARK_ASKS_VFIO, "figures"})
                            .with("LD_PRELOAD", TIDEMARK_FAKE_VFIO)
                            .with("FAKE_VFIO", path())
                            .run();
  EXPECT_EQ(without.code, 0) << without.err;
  // No test fails on time.
  std::cout << "microseconds for a call of VFIO's, and for another: recorded " << with.out
            << "not recorded " << without.out;
}

}  // namespace
}  // namespace tidemark
