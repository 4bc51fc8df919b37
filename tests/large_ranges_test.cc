// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Ranges up to the interface's limit, 2^31 - 1 pages and 256 MiB of bitmap, are
// queried, compared and shown like any other.
#include <gtest/gtest.h>

#include <string>

#include "liar.h"
#include "parsed.h"
#include "program_bytes.h"
#include "program_text.h"
#include "support.h"

namespace tidemark {
namespace {

TEST(AnAnswer, IsSeenBeyond2GiB) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    map 0p 1048576p rw
    start
    write 1048575p 1
    query 0p 1048576p => 0 words 16383:0x8000000000000000
    query 0p 1048576p => 0 words
  )"));
}

TEST(AnAnswer, IsSeenUpToTheLargestRange) {
  EXPECT_TRUE(runs(R"(
    map 0p 2147483647p rw
    start
    write 0p 1
    write 2147483646p 1
    query 0p 2147483647p => 0 words 0:0x1 33554431:0x4000000000000000
    query 0p 2147483647p => 0 words
    write 2147483646p 1
    unmap 0p 2147483647p bitmap => 0 size=0x7fffffff000 words 33554431:0x4000000000000000
  )"));
  EXPECT_TRUE(runs("map 0p 2147483648p rw\nstart => -EINVAL"));
}

TEST(AnAnswer, ThatIsAllDirtyIsOneRun) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    map 0p 67108864p rw
    start
    query 0p 67108864p => 0 words 0-1048575:0xffffffffffffffff
  )"));
}

TEST(ALostPage, IsFoundAtTheEndOfALargeRange) {
  const Program program =
      program_of("map 0p 2147483647p rw\nstart\nwrite 2147483646p 1\nquery 0p 2147483647p");
  EXPECT_EQ(signature_of(program, make_tracker), "");
  EXPECT_EQ(signature_of(program, lying<Lie::loses_a_page>), "lockstep.query.missing-dirty");
}

// A guest of 1 TiB with as many mappings as there may be, and a device that pins it.
TEST(AGuestOf65535Mappings, IsReplayed) {
  constexpr unsigned kMappings = 65535, kPages = 4096;
  std::string text = "attach g0 emulated\nattach g1 hardware=0\n";
  for (unsigned i = 0; i < kMappings; ++i)
    text += "map " + std::to_string(i * kPages) + "p " + std::to_string(kPages) + "p rw\n";
  const std::string all = std::to_string(kMappings * kPages);
  text += "map " + all + "p 1p rw => -ENOSPC\nstart\nquery 0p " + all +
          "p => 0 words 0-4194239:0xffffffffffffffff\nunmap 0p 0p all\n";
  EXPECT_TRUE(runs(text));
}

// What lies behind the room faults, as it would where a user has no more memory.
// Each callback maps and pins the next page. What the device does in it must not take as long
// as all that it holds by then.
TEST(ADevice, MayPinAPageInEachOfItsWindows) {
  const Program program = program_of(R"(
    container v2
    attach g0 emulated
    enroll d0 keep
    enroll d3
    map 0p 1p rw
    each-window d3: map m0.end 1p rw
    each-window d3: pin d0 m0 1p rw
    pin d0 0p 1p rw
    unmap 0 0 all
)");
  Lockstep lockstep(make_tracker, make_reference);
  const auto found = lockstep.run(program);
  EXPECT_FALSE(found) << describe(*found, program);
  EXPECT_GT(lockstep.actual().left_out_in_windows(), 0u) << "it would go on for long";
}

TEST(AUser, HasAsMuchRoomAsTheProgramSays) {
  const std::string rest = R"(
    map 0p 1048576p rw
    start
    write 0p 1
    write 1048575p 1
    query 0p 1048576p => )";
  EXPECT_TRUE(runs("container v2 room=16384" + rest + "0 words 0:0x1 16383:0x8000000000000000"));
  EXPECT_TRUE(runs("container v2 room=1024" + rest + "-EFAULT"));
  EXPECT_TRUE(runs("container v2 room=0" + rest + "-EFAULT"));
  EXPECT_TRUE(
      runs("container v2 room=0\nmap 0p 1p rw\nstart\nwrite 0p 1\n"
           "query 0p 1p => 0 words 0:0x1"))
      << "in the guard";
}

// So that it stays as fast; a program says so, and does the same in a replay.
TEST(AFuzzer, HasLittleRoom) {
  const Program program = fuzzable(parsed("map 0p 1p rw"));
  EXPECT_EQ(program.setup.bitmap_words, kFuzzedBitmapWords);
  EXPECT_EQ(print(program), "container v2 room=8192\nmap 0p 1p rw\n");
  EXPECT_EQ(decode({}).setup.bitmap_words, kFuzzedBitmapWords);
  EXPECT_EQ(fuzzable(parsed("container v2 room=9")).setup.bitmap_words, 9u);
}

}  // namespace
}  // namespace tidemark
