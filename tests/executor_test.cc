// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What an executor tells its watchers, and how its user learns P.
#include "executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "export_record.h"
#include "liar.h"
#include "program_bytes.h"
#include "program_text.h"
#include "support.h"
#include "text.h"

namespace tidemark {
namespace {

class Notes final : public Watcher {
 public:
  explicit Notes(const Executor& executor) : executor_(executor) {}
  std::vector<std::string> lines;

  void tracking_switched(bool on) override { lines.push_back(on ? "on" : "off"); }
  void answered(const Answer& answer) override {
    const std::uint8_t byte = executor_.world().stored(answer.bitmap).value_or(0);
    lines.push_back("answer " + hex(answer.first) + "-" + hex(answer.last) + ": " + hex(byte));
  }
  void mapping_dropped(const LiveMapping& mapping) override {
    lines.push_back("dropped " + hex(mapping.first));
  }

 private:
  const Executor& executor_;
};

std::vector<std::uint8_t> random_bytes(std::mt19937& random, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// Or else what the fuzzer finds would not be found again.
TEST(AnExecutor, DoesTheSameWhateverRanBefore) {
  std::mt19937 random(1);
  Executor used;
  for (int i = 0; i < 300; ++i) {
    Program program = decode(random_bytes(random, kRecordBytes * 8));
    // The bytes that the last call in a window was given.
    program.operations.push_back(program_of("stop arg=0x40010020").operations[0]);
    run_all(used, R"(
      attach g0 emulated
      enroll d0
      map 0p 1p rw
      start
      pin d0 0p 1p rw
      window d0: query 0p 1p
      unmap 0p 1p
)",
            make_tracker);
    Executor fresh;
    used.reset(program.setup, make_tracker);
    fresh.reset(program.setup, make_tracker);
    for (const Operation& operation : program.operations) {
      const auto expected = fresh.run(operation);
      ASSERT_TRUE(std::ranges::equal(used.run(operation), expected)) << print(program);
    }
  }
}

TEST(AnExecutor, TellsItsWatchersWhatItsUserLearns) {
  Executor executor;
  Notes notes(executor), more(executor);
  executor.watch(notes);
  executor.watch(more);
  run_all(executor, R"(
    attach g0 emulated
    enroll d0
    map 0p 2p rw
    map 8p 1p rw
    map 16p 1p rw
    query 0p 2p
    start
    start
    pin d0 0p 1p rw
    write 8p 1
    query 3p 2p
    window d0: query 8p 1p
    unmap 0p 2p bitmap
    unmap 8p 1p
    unmap 8p 1p
    stop
    detach g1
    detach g0
)",
          make_tracker);
  const std::vector<std::string> expected = {
      "on",
      "on",
      "answer 0x3000-0x4fff: 0x0",
      "answer 0x8000-0x8fff: 0x1",
      "answer 0x0-0x1fff: 0x1",
      "dropped 0x8000",
      "off",
      "dropped 0x10000",
  };
  EXPECT_EQ(notes.lines, expected);
  EXPECT_EQ(more.lines, expected);
}

constexpr std::uint64_t kLargePage = 0x200000;  // of hardware 3

TEST(ThePageSize, IsWhatGetInfoSays) {
  Executor executor;
  run_all(executor, "attach g0 hardware=3", make_tracker);
  EXPECT_EQ(executor.page_bytes(), kLargePage);
  run_all(executor, "attach g0 hardware=3\ndetach g0", make_tracker);
  EXPECT_EQ(executor.page_bytes(), kPageBytes);
}

TEST(ThePageSize, IsLearnedInWindowsAsWell) {
  Executor executor;
  run_all(executor, R"(
    attach g0 emulated
    enroll d0
    map 0p 512p rw
    pin d0 0p 1p rw
    window d0: attach g1 hardware=3
    unmap 0p 512p
)",
          make_tracker);
  EXPECT_EQ(executor.page_bytes(), kLargePage);
}

// Who cannot ask goes on with what he knew.
TEST(ThePageSize, StaysIfNobodyAnswers) {
  Executor executor;
  run_all(executor, "attach g0 hardware=3", lying<Lie::refuses_info>);
  EXPECT_EQ(executor.page_bytes(), kPageBytes);
}

// Whichever allocation is told to fail, if the group is attached the user knows.
TEST(ThePageSize, IsAskedWithoutTheFaultsOfTheOperation) {
  unsigned attached = 0;
  for (int index = 0; index < 12; ++index) {
    const std::string fault = " fail-alloc=" + std::to_string(index);
    Executor executor;
    run_all(executor, "map 0p 512p rw\nattach g0 hardware=3" + fault, make_tracker);
    const bool succeeded = executor.groups()[0] != GroupState::absent;
    attached += succeeded;
    EXPECT_EQ(executor.page_bytes(), succeeded ? kLargePage : kPageBytes) << index;
    run_all(executor, "attach g0 hardware=3\ndetach g0" + fault, make_tracker);
    EXPECT_EQ(executor.page_bytes(), kPageBytes) << index;
  }
  EXPECT_GT(attached, 0u);
  EXPECT_LT(attached, 12u);
}

TEST(ThePageSize, IsAskedWithoutATrace) {
  Executor executor;
  executor.reset({}, make_tracker);
  const Program program = program_of("info\nattach g0 hardware=3\ndetach g0");
  executor.run(program.operations[0]);
  const auto before = executor.world().arguments[0].bytes;
  EXPECT_EQ(executor.run(program.operations[1]).size(), 1u);
  EXPECT_EQ(executor.run(program.operations[2]).size(), 1u);
  EXPECT_EQ(executor.world().arguments[0].bytes, before);
}

// A reproducer makes the program's calls and no others.
TEST(ThePageSize, IsNotAskedInRecords) {
  const auto recorded =
      record(program_of("attach g0 hardware=3\ndetach g0\nextension 3\nmap 0p 1p rw"));
  ASSERT_TRUE(recorded.has_value());
  EXPECT_EQ((*recorded)[2].call.argument, 3u);
  EXPECT_EQ((*recorded)[3].call.before[ArgumentArea::kGuard], 32u);
}

// 8p 2p went in a window; the struct that said so, and its result, are still there.
constexpr const char* kUnmapInAWindow = R"(
  attach g0 emulated
  enroll d0
  map 0p 1p rw
  map 8p 2p rw
  pin d0 0p 1p rw
  window d0: unmap 8p 2p
  unmap 0p 1p
  map 8p 2p rw
  map 0p 1p rw
)";
constexpr const char* kMapInAWindow = R"(
  attach g0 emulated
  enroll d0
  map 0p 1p rw
  pin d0 0p 1p rw
  window d0: map 8p 2p r
  unmap 0p 1p
  unmap 8p 2p
)";

std::string mappings_of(const Executor& executor) {
  std::string text;
  for (const auto& [age, mapping] : executor.mappings().by_age())
    text += hex(mapping.first) + "-" + hex(mapping.last) + (mapping.writable ? " rw\n" : " r\n");
  return text;
}

// Whatever the operation meant.
TEST(AnExecutor, BelievesTheStructThatTheUnmapRead) {
  for (const char* unmap : {"unmap 0p 1p arg=0x40010020", "ioctl 0x3b72 arg=0x40010020"})
    for (const auto make : {make_tracker, make_reference}) {
      Executor executor;
      Notes notes(executor);
      executor.watch(notes);
      run_all(executor, std::string(kUnmapInAWindow) + unmap, make);
      EXPECT_EQ(mappings_of(executor), "0x0-0xfff rw\n") << unmap;
      EXPECT_EQ(notes.lines.back(), "dropped 0x8000") << unmap;
    }
}

TEST(AnExecutor, BelievesTheStructThatTheMapRead) {
  for (const char* map : {"map 0p 1p rw arg=0x40010020", "ioctl 0x3b71 arg=0x40010020"})
    for (const auto make : {make_tracker, make_reference}) {
      Executor executor;
      run_all(executor, std::string(kMapInAWindow) + map, make);
      EXPECT_EQ(mappings_of(executor), "0x8000-0x9fff r\n") << map;
    }
}

// The bitmap is in the area that the struct names, and answers for its range.
TEST(AnExecutor, BelievesTheBitmapOfTheStructThatTheUnmapRead) {
  Executor executor;
  Notes notes(executor);
  executor.watch(notes);
  run_all(executor, R"(
    attach g0 emulated
    enroll d0
    map 0p 1p rw
    map 8p 2p rw
    start
    pin d0 0p 1p rw
    window d0: unmap 8p 2p bitmap
    unmap 0p 1p
    map 8p 2p rw
    map 0p 1p rw
    write 9p 1
    unmap 0p 1p arg=0x40010020
)",
          make_tracker);
  EXPECT_EQ(mappings_of(executor), "0x0-0xfff rw\n");
  EXPECT_EQ(notes.lines.back(), "answer 0x8000-0x9fff: 0x2");
}

// The header is stored over it.
TEST(AnExecutor, KnowsThatABitmapInTheUnmapsHeaderIsGone) {
  for (const char* bitmap : {"0x10020", "0x10030", "0x10018"}) {
    const std::string text = "map 0p 1p rw\nstart\nwrite 0p 1\nunmap 0p 1p bitmap bitmap=";
    Executor executor;
    Notes notes(executor);
    executor.watch(notes);
    run_all(executor, text + bitmap, make_tracker);
    const bool gone = bitmap != std::string("0x10018");
    EXPECT_EQ(notes.lines.back(), gone ? "dropped 0x0" : "answer 0x0-0xfff: 0x1") << bitmap;
    EXPECT_TRUE(runs(text + bitmap)) << bitmap;
  }
}

// Else a page would seem lost, or a mapping be there that is not.
TEST(AnExecutor, WithAnotherStructAgreesToTheEndOfAMigration) {
  for (const char* rest : {"start\nwrite 8p 1\nwrite 0p 1\nunmap 0p 1p arg=0x40010020 => 0 "
                           "size=0x2000 mappings=1\nquery m0 m0.size => 0 words 0:0x1",
                           "start\nwrite 8p 1\nwrite 0p 1\nioctl 0x3b72 arg=0x40010020 => 0 "
                           "mappings=1\nwrite 0p 1"})
    EXPECT_TRUE(runs(std::string(kUnmapInAWindow) + rest));
  EXPECT_TRUE(runs(std::string(kMapInAWindow) +
                   "start\nmap 0p 1p rw arg=0x40010020 => 0 mappings=1\nread m0 1p => 0\n"
                   "query m0 m0.size => 0 words"));
}

}  // namespace
}  // namespace tidemark
