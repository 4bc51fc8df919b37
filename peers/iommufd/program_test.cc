// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs as text and as bytes.
#include <gtest/gtest.h>

#include "mutator.h"

namespace tidemark::iommufd {
namespace {

std::string why_not(const std::string& text) {
  try {
    parse(text);
  } catch (const BadProgram& bad) {
    return bad.what();
  }
  return "it is one";
}

TEST(IommufdProgram, TextIsReadAsItIsPrinted) {
  const std::string text =
      "table vtd-ss\n"
      "map 2M 12K ro runs=8K from=4K\n"
      "map 0xfffffffffffff000 4K rw\n"
      "track off\n"
      "write 0x201004\n"
      "query 2M 12K page=8K at=4095 missing=1 no-clear\n"
      "unmap 0 1P\n";
  EXPECT_EQ(print(parse(text)), text);
}

TEST(IommufdProgram, CommentsAndUnitsAreRead) {
  const Program program = parse("# one\ntable amd-v1 # two\n\n  map 0x1000 8192 rw # three\n");
  ASSERT_EQ(program.operations.size(), 1U);
  EXPECT_EQ(print(program.operations[0]), "map 4K 8K rw");
}

TEST(IommufdProgram, WhatIsNoneIsSaidWithItsLine) {
  EXPECT_EQ(why_not(""), "it is empty: the first line is \"table FORMAT\"");
  EXPECT_EQ(why_not("map 0 4K\n"),
            "line 1: the first line is \"table FORMAT\", one of amd-v1 vtd-ss");
  EXPECT_EQ(why_not("table amd-v1\nmop 0\n"), "line 2: there is no operation 'mop'");
  EXPECT_EQ(why_not("table amd-v1\nmap 0\n"), "line 2: map wants a size");
  EXPECT_EQ(why_not("table amd-v1\nwrite 16385P\n"), "line 2: '16385P' is above 2^64 - 1");
  EXPECT_EQ(why_not("table amd-v1\nmap 0 4Q\n"),
            "line 2: '4Q' is no number: 4096, 0x1000, and 4K are one");
  EXPECT_EQ(why_not("table amd-v1\nmap 0 4K runs=6K\n"),
            "line 2: runs are of a power of two, from 4K on, and not '6K'");
  EXPECT_EQ(why_not("table amd-v1\ntrack up\n"), "line 2: track is on or off, not 'up'");
  EXPECT_EQ(why_not("table amd-v1\nquery 0 4K at=8K\n"),
            "line 2: 'from' is whole pages below the size of a run, 'at' is below 8K");
  std::string long_one = "table amd-v1\n";
  for (std::size_t i = 0; i <= kMostOperations; ++i) long_one += "track on\n";
  EXPECT_EQ(why_not(long_one), "it has more than 20 operations");
}

TEST(IommufdProgram, BytesAreExactForWhatTheyGive) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::uint8_t> bytes(random() % (2 * kMostBytes));
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const Program program = decode(bytes);
    ASSERT_EQ(decode(encode(program)), program);
    ASSERT_EQ(parse(print(program)), program) << print(program);
  }
}

TEST(IommufdProgram, WhatTheMutatorMakesIsOne) {
  Mutator mutator(7);
  for (int i = 0; i < 2000; ++i) {
    Program program = mutator.make();
    ASSERT_EQ(decode(encode(program)), program) << print(program);
    mutator.vary(program);
    ASSERT_FALSE(program.operations.empty());
    ASSERT_EQ(decode(encode(program)), program) << print(program);
  }
}

}  // namespace
}  // namespace tidemark::iommufd
