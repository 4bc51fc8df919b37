// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The user's memory is one address space: a bitmap may be anywhere in it.
#include <gtest/gtest.h>

#include <string>

#include "liar.h"
#include "support.h"

namespace tidemark {
namespace {

std::string query_into(const std::string& bitmap, const std::string& expected = "0") {
  return "attach g0 emulated\nmap 0p 2p rw vaddr=0x100000000000\nstart\nwrite 0p 1\n"
         "query 0p 2p bitmap=" +
         bitmap + " => " + expected + "\nquery 0p 2p\n";
}

TEST(ABitmap, MayBeAnywhereInTheUsersMemory) {
  EXPECT_TRUE(runs(query_into("0x20000008", "0 words 0:0x1")));
  EXPECT_TRUE(runs(query_into("0x1fffffc0", "0 words 0:0x1"))) << "in a guard";
  EXPECT_TRUE(runs(query_into("0x60000000"))) << "where those of windows are";
  EXPECT_TRUE(runs(query_into("0x10000"))) << "where arguments are";
  EXPECT_TRUE(runs(query_into("0x10020"))) << "over the argument";
  EXPECT_TRUE(runs(query_into("0x38000000", "-EFAULT"))) << "no memory";
}

TEST(ABitmap, NeedNotBeAligned) {
  for (const char* bitmap : {"0x20000001", "0x20000007", "0x2000000f", "0x10001", "0x100000000fff"})
    EXPECT_TRUE(runs(query_into(bitmap))) << bitmap;
  EXPECT_TRUE(runs("map 0p 640p rw\nstart\nwrite 63p 8192\nquery 0p 640p bitmap=0x20000003 => 0"));
}

// The user knows that the page it gave for the answer is written.
TEST(ABitmap, MayBeInAPageThatIsMapped) {
  EXPECT_TRUE(runs(query_into("0x100000000000")));
  EXPECT_TRUE(runs(query_into("0x100000001ffc"))) << "over the end of what is mapped";
  EXPECT_TRUE(
      runs("map 0p 2p rw vaddr=0x100000000000\nstart\nwrite 0p 1\n"
           "unmap 0p 2p bitmap bitmap=0x100000000800"));
}

// The bound on what a query costs goes by the words that it stores, also there.
TEST(ABitmap, OfManyWordsMayBeInTheGuestsMemory) {
  EXPECT_TRUE(
      runs("attach g1 hardware=0\nmap 517p 8196p rw\nstart\n"
           "query 0p 11471p bitmap=0x100010b00ffc => 0"));
}

TEST(ABitmap, ThatIsElsewhereHidesNoLie) {
  for (const char* bitmap : {"0x20000008", "0x20000001"})
    EXPECT_NE(signature_of(program_of(query_into(bitmap)), lying<Lie::loses_a_page>), "") << bitmap;
  for (const char* bitmap : {"0x20000008", "0x20000001"})
    EXPECT_EQ(signature_of(program_of("map 0p 2p rw\nstart\nwrite 0p 1\nquery 0p 2p bitmap=" +
                                      std::string(bitmap)),
                           lying<Lie::loses_a_page>, lying<Lie::loses_a_page, make_reference>),
              "migration.lost-page")
        << bitmap;
}

// The page that is lost, and no other.
TEST(ABitmap, ThatIsNotAlignedNamesThePage) {
  Lockstep lockstep(lying<Lie::loses_a_page>, make_reference);
  const auto found = lockstep.run(
      program_of("map 0p 128p rw\nstart\nwrite 7p 1\nquery 0p 128p bitmap=0x20000001"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->pages, std::vector<std::uint64_t>{7 * kPageBytes});
}

// What the user had there before is no answer.
TEST(ABitmap, HasOnlyWhatTheCallStored) {
  World world;
  world.reset({}, nullptr);
  const std::uint64_t ram = 0x100000000000, byte = 0xff;
  world.copy_to_user(ram, &byte, 1);
  EXPECT_FALSE(world.stored(ram)) << "a device wrote it";
  world.answers_user = true;
  world.copy_to_user(ram + 1, &byte, 1);
  EXPECT_FALSE(world.stored(ram));
  EXPECT_EQ(world.stored(ram + 1), 0xff);
}

TEST(ABitmap, OfAWindowMayBeWhereTheUnmapsIs) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 0p 1p rw
    map 8p 1p rw
    start
    write 8p 8
    pin d0 0p 1p rw
    window d0: query 8p 1p bitmap=0x20000008 => 0
    unmap 0p 1p
  )"));
  EXPECT_TRUE(
      runs("map 0p 2p rw\nstart\nwrite 0p 1\n"
           "query 0p 2p bitmap=0x20000100 fault=bitmap-write+0 => -EFAULT"));
}

}  // namespace
}  // namespace tidemark
