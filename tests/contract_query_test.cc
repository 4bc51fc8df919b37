// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Queries: R10 to R12, D15, B1, B2, B4, N2.
#include <string>

#include "factories.h"
#include "support.h"

namespace tidemark {
namespace {

// Three mappings, [0, 4), [4, 8) and [10, 14), each with its first page dirty.
constexpr const char* kThreeMappings = R"(
    map 0p 4p rw
    map 4p 4p rw
    map 10p 4p rw
    start
    write 0p 8
    write 4p 8
    write 10p 8
)";

testing::AssertionResult with_three(const std::string& setup, const std::string& rest) {
  return runs(setup + "\n" + kThreeMappings + rest);
}

TEST(R10, ExactIsOneMapping) {
  EXPECT_TRUE(with_three("container v2 rule=exact", R"(
    query 4p 4p => 0 words 0:0x1
    query 0p 8p => -EINVAL
    query 0p 3p => -EINVAL
    query 1p 3p => -EINVAL
    query 4p 5p => -EINVAL
    query 20p 4p => -EINVAL
    query 8p 6p => -EINVAL
    query 0p 4p => 0 words 0:0x1
  )"));
}

TEST(R10, WholeCutsNoMapping) {
  EXPECT_TRUE(with_three("container v2 rule=whole", R"(
    query 0p 3p => -EINVAL
    query 1p 3p => -EINVAL
    query 1p 13p => -EINVAL
    query 0p 13p => -EINVAL
    query 4p 7p => -EINVAL
    query 3p 5p => -EINVAL
    query 0p 20p => 0 words 0:0x411
  )"));
}

TEST(R10, WholeAllowsHolesAndNothingAtAll) {
  EXPECT_TRUE(with_three("container v2", R"(
    query 8p 2p => 0 words
    query 8p 10p => 0 words 0:0x4
    query 100p 1000p => 0 words
    query 2^63 64p => 0 words
  )"));
}

TEST(R10, AnyReportsAndClearsOnlyThePagesInside) {
  EXPECT_TRUE(with_three("container v2 rule=any", R"(
    write 3p 8
    write 6p 8
    query 1p 4p => 0 words 0:0xc
    query 5p 5p => 0 words 0:0x2
    query 0p 14p => 0 words 0:0x401
    query 0p 14p => 0 words
  )"));
}

TEST(R10, AnyOfAMappingThatIsAllDirty) {
  EXPECT_TRUE(runs(R"(
    container v2 rule=any
    attach g0 hardware=0
    attach g1 emulated
    map 0p 200p rw
    start
    detach g0
    query 3p 64p => 0 words 0:0xffffffffffffffff
    query 0p 128p => 0 words 0:0x7 1:0xfffffffffffffff8
    query 0p 200p => 0 words 2:0xffffffffffffffff 3:0xff
    query 0p 200p => 0 words
  )"));
}

TEST(R11, TheLastPartialWordIsReported) {
  EXPECT_TRUE(runs(R"(
    map 0p 65p rw
    start
    write 64p 8
    query m0 m0.size => 0 words 1:0x1
    write 63p 8192
    query m0 m0.size => 0 words 0:0x8000000000000000 1:0x1
  )"));
}

TEST(R11, BitsCountFromTheStartOfTheRange) {
  EXPECT_TRUE(runs(R"(
    map 1000p 3p rw
    map 1003p 130p rw
    start
    write m1+2p 8192
    write m0+61p 8
    write m0+129p 8
    query 1000p 133p => 0 words 0:0xc 1:0x1 2:0x10
    write m0+61p 8
    query m0 m0.size => 0 words 0:0x2000000000000000
    write m0+61p 8
    query 999p 150p => 0 words 1:0x2
  )"));
}

TEST(R11, OnlyWordsWithADirtyPageAreStored) {
  EXPECT_TRUE(runs(R"(
    map 0p 400p rw
    start
    write 70p 8
    write 390p 8
    query m0 m0.size used-buffer => 0 words 1:0x40 6:0x40
    query m0 m0.size used-buffer => 0 words
  )"));
}

// 64 words are gathered before they are copied out.
TEST(R11, MoreWordsThanAreCopiedAtOnce) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    map 0p 8257p rw
    start
    query m0 m0.size => 0
    query m0 m0.size used-buffer => 0
    stop
  )"));
}

TEST(R11, MappingsThatShareWords) {
  EXPECT_TRUE(runs(R"(
    map 62p 1p rw
    map 63p 1p rw
    map 64p 1p rw
    map 65p 64p rw
    start
    write 62p 8
    write 64p 8
    write 128p 8
    query 0p 130p used-buffer => 0 words 0:0x4000000000000000 1:0x1 2:0x1
    write 63p 8192
    query 62p 67p used-buffer => 0 words 0:0x6
  )"));
}

TEST(R12, V1IsRefusedBeforeAnyCopy) {
  EXPECT_TRUE(runs(R"(
    container v1
    start => -EACCES
    stop arg=0x8 => -EACCES
    query 0p 4p fault=arg-read+0 => -EACCES
    start argsz=0 => -EACCES
  )"));
}

TEST(R12, HeaderCopyComesFirst) {
  EXPECT_TRUE(runs(R"(
    start argsz=7 fault=arg-read+0 => -EFAULT
    start flags=9 fault=arg-read+0 => -EFAULT
    start fault=arg-read+1 => 0
  )"));
}

TEST(R12, ExactlyOneKnownFlag) {
  EXPECT_TRUE(runs(R"(
    start flags=0 => -EINVAL
    start flags=3 => -EINVAL
    start flags=8 => -EINVAL
    start flags=9 => -EINVAL
    start argsz=8 => 0
    map 0p 4p rw
    query m0 m0.size flags=6 => -EINVAL
    query m0 m0.size flags=5 => -EINVAL
    query m0 m0.size flags=7 => -EINVAL
    query m0 m0.size flags=12 => -EINVAL
    query m0 m0.size flags=0 => -EINVAL
    query m0 m0.size => 0
    start flags=2147483649 => -EINVAL
  )"));
}

TEST(R12, AQueryNeeds48BytesBeforeTheyAreCopied) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    start
    query m0 m0.size argsz=47 fault=arg-read+1 => -EINVAL
    query m0 m0.size argsz=48 fault=arg-read+1 => -EFAULT
    query m0 m0.size argsz=48 fault=arg-read+5 => -EFAULT
    query m0 m0.size argsz=48 fault=arg-read+6 => 0
    query m0 m0.size argsz=4294967295 => 0
  )"));
}

TEST(R12, RangeAndBitmapAreCheckedBeforeTheBitmapIsTouched) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    map 100p 65p rw
    start
    write 1p 8
    write 164p 8
    query m1 0p => -EINVAL
    query m1 4p-1 => -EINVAL
    query m1+1 4p => -EINVAL
    query 2^64-1p 2p => -EINVAL
    query 2^63 2^63+1p => -EINVAL
    query m0 m0.size bitmap_size=15 => -EINVAL
    query m0 m0.size bitmap_size=8 => -EINVAL
    query m0 m0.size bitmap_size=0 => -EINVAL
    query m0 m0.size bitmap_size=268435457 => -EINVAL
    query m0 m0.size bitmap=0xffffffff00000000 => -EINVAL
    query m0 m0.size bitmap=0x7fffffffeff8 => -EINVAL
    query m0 m0.size bitmap=0x1000 => -EFAULT
    query m0 m0.size bitmap_size=268435456 => 0 words 1:0x1
    query m1 m1.size => 0 words 0:0x2
  )"));
}

TEST(R12, ThePageSizeIsThatOfTheContainer) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    start
    write 1p 8
    query m0 m0.size pgsize=8192 => -EINVAL
    query m0 m0.size pgsize=2048 => -EINVAL
    query m0 m0.size pgsize=12288 => -EINVAL
    query m0 m0.size pgsize=0 => -EINVAL
    query m0 m0.size pgsize=18446744073709547520 => -EINVAL
    query m0 m0.size => 0 words 0:0x2
  )"));
}

TEST(D15, TheBitmapsSizeIsCheckedInItsOwnPageSize) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=2
    map 0p 2048p rw
    start
    query m0 m0.size bitmap_size=16 => 0 words 0:0xffffffffffffffff 1:0xffffffffffffffff
    query m0 m0.size bitmap_size=15 => -EINVAL
    query m0 m0.size pgsize=4096 => -EINVAL
    query m0 8p => -EINVAL
  )"));
}

TEST(R12, NoQueryWithoutTracking) {
  EXPECT_TRUE(runs(R"(
    map 0p 4p rw
    query m0 m0.size => -EINVAL
    start
    query m0 m0.size => 0
    stop
    query m0 m0.size => -EINVAL
  )"));
}

TEST(R12, ARejectedQueryChangesNothing) {
  EXPECT_TRUE(with_three("container v2", R"(
    query 0p 4p flags=6 => -EINVAL
    query 0p 4p argsz=40 => -EINVAL
    query 0p 4p pgsize=65536 => -EINVAL
    query 0p 14p bitmap_size=0 => -EINVAL
    query 0p 13p => -EINVAL
    query 1p 7p => -EINVAL
    query 0p 14p fault=arg-read+2 => -EFAULT
    query 0p 14p => 0 words 0:0x411
  )"));
}

TEST(B1, AQueryThatFailsMidwayChangesNothing) {
  EXPECT_TRUE(runs(R"(
    map 3p 4p rw
    map 200p 4p rw
    start
    write 4p 8
    write 201p 8
    query 0p 300p fault=bitmap-write+3 => -EFAULT
    query 0p 300p fault=bitmap-write+0 => -EFAULT
    query 0p 300p => 0 words 0:0x10 3:0x200
    query 0p 300p => 0 words
  )"));
}

// The last word is copied on its own path.
TEST(B1, AQueryThatFailsAtItsLastWordChangesNothing) {
  EXPECT_TRUE(runs(R"(
    attach g0 hardware=0
    attach g1 emulated
    map 1p 8191p rw
    start
    detach g0
    query 0p 8192p fault=bitmap-write+127 => -EFAULT
    query 0p 8192p fault=bitmap-write+64 => -EFAULT
    query 0p 8192p fault=bitmap-write+63 => -EFAULT
    query m0 m0.size => 0
    query m0 m0.size => 0 words
  )"));
}

// Words that are not stored cannot fault, and no word is read.
TEST(B1, OnlyWordsThatAreStoredCanFault) {
  EXPECT_TRUE(runs(R"(
    map 0p 300p rw
    start
    write 70p 8
    query m0 m0.size fault=bitmap-write+0 => 0 words 1:0x40
    write 70p 8
    query m0 m0.size fault=bitmap-read+1 => 0 words 1:0x40
  )"));
}

TEST(B2, NoStaleBitsAfterAQueryAtAnOddOffset) {
  EXPECT_TRUE(runs(R"(
    map 20p 4p rw
    map 24p 30p rw
    start
    write 20p 8
    query 0p 64p => 0 words 0:0x100000
    query 0p 64p => 0 words
    query 0p 64p => 0 words
  )"));
}

TEST(B2, OldBitsOfTheBufferAreNotTakenIn) {
  EXPECT_TRUE(runs(R"(
    map 20p 4p rw
    map 24p 30p rw
    start
    write 22p 8
    query 0p 64p used-buffer => 0 words 0:0x400000
    query 0p 64p used-buffer => 0 words
    write 22p 8
    query 20p 44p used-buffer => 0 words 0:0x4
    query 0p 64p => 0 words
  )"));
}

TEST(B4, TheTopPageIsAPageAsAnyOther) {
  EXPECT_TRUE(runs(R"(
    attach g0 emulated
    enroll d0
    map 2^64-4p 4p rw => 0
    map 2^64-1p 1p rw => -EEXIST
    map 2^64-4p 4p rw => -EEXIST
    start
    write 2^64-1p 4096 => 0
    write 2^64-4 4 => 0
    write 2^64-4 5 => -EINVAL
    read 2^64-4 4 => 0
    query 2^64-4p 4p => 0 words 0:0x8
    pin d0 2^64-1p 1p rw => 1
    pin d0 2^64-2p 3p rw => -EINVAL
    query 2^64-64p 64p => 0 words 0:0xc000000000000000
    unpin d0 2^64-1p 1p
    query 2^64-1p 1p => -EINVAL
    query m0 m0.size => 0 words 0:0x8
    query 2^63 2^63 bitmap_size=281474976710656 => -EINVAL
    unmap 2^64-4p 4p bitmap => 0 size=0x4000 words
    map 2^64-4p 4p rw => 0
    unmap 0 0 all => 0 size=0x4000
  )"));
}

// What a query stores, to the byte: 65 pages are two words, and one that is
// clean is not touched. Guards lie on both sides.
TEST(N2, NothingIsWrittenOutsideTheBitmap) {
  Executor executor;
  run_all(executor, R"(
    map 0p 65p rw
    start
    write 64p 8
    query 0p 65p used-buffer
  )",
          make_tracker);
  const BitmapArea& bitmap = executor.world().bitmaps[0];
  ASSERT_EQ(bitmap.touched().size(), 1u);
  EXPECT_EQ(bitmap.touched().front(), 1);
  EXPECT_EQ(bitmap.word(1), 1u);
  EXPECT_EQ(bitmap.word(0), 0xa5a5a5a5a5a5a5a5u);
  EXPECT_EQ(bitmap.word(2), 0xa5a5a5a5a5a5a5a5u);
}

}  // namespace
}  // namespace tidemark
