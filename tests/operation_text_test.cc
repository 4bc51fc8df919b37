// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs as text.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "parsed.h"
#include "program_text.h"

namespace tidemark {
namespace {

std::string error_of(const std::string& text) {
  const auto result = parse(text);
  const auto* error = std::get_if<ParseError>(&result);
  return error == nullptr ? "accepted" : std::to_string(error->line) + ": " + error->message;
}

const char* const kCanonicalLines[] = {
    "map 0p 4p rw",
    "map m0.end+1p 2p rw vaddr=m1",
    "map 0p 1p none",
    "map 2^64-1p 1p r vaddr=fresh+1",
    "start",
    "stop fail-alloc=2",
    "attach g1 hardware=2",
    "attach g0 emulated",
    "detach g3",
    "enroll d0",
    "enroll d0 keep",
    "withdraw d0",
    "pin d0 m0+1p 1p rw",
    "pin d0 m0 1p w fault=memory+0",
    "pin d0 m0 1p w fail-alloc=7 fault=interrupt+3",
    "map 0p 4p rw fault=iommu+2 fault=interrupt+65535",
    "attach g1 hardware=2 fail-alloc=1 fault=iommu+0",
    "unpin d3 m15-1p+1 1p",
    "write m0+2p-1 2",
    "write m0 2p",
    "write m0 1p+8",
    "write m0 0",
    "read m0 8",
    "dma d0 m0 8",
    "dma g1 m0+3p 8",
    "query m0 m0.size",
    "query 0p 64p used-buffer",
    "query 0p 64p pgsize=65536",
    "query 0p 64p flags=6",
    "query 0p 64p argsz=47",
    "query 0p 64p argsz=47 bitmap=0x10",
    "query 0p 64p bitmap_size=8",
    "query 0p 64p bitmap=0x0",
    "query 0p 64p arg=0x10",
    "query m0 m0.size fault=bitmap-write+3",
    "query m0 m0.size fault=arg-write+1",
    "query m0 m0.size fault=arg-read+1",
    "query m0 m0.size fault=bitmap-read+0",
    "unmap m0 m0.size bitmap",
    "unmap 0 0 all",
    "unmap -1p 2^63",
    "memlock 4",
    "memlock 4 by=p3",
    "mlock 4503599627370495",
    "mlock 2 by=p1",
    "exit p0",
    "exec p3",
    "migrate",
    "map 0p 4p rw ipc-lock by=p1",
    "pin d0 m0 1p rw by=kernel",
    "read m0 8 by=kernel fail-alloc=0",
    "attach g1 emulated by=p2",
    "memlock unlimited",
    "extension 1",
    "ioctl 0x3b71",
    "info",
    "window d0: stop",
    "each-window d0: pin d0 m0 1p rw",
    "query m0 m0.size => 0 words 0:0x5 3:0xff",
    "query m0 m0.size => 0 words",
    "unmap m0 m0.size => 0 size=0x4000",
    "map 0p 0p rw => -EINVAL",
    "map 0p 0p rw => -12345",
    "unmap 0p 1p => size=0x0 words 1:0x2",
    "info => 0 flags=0x3 cap_offset=24 capabilities=migration:24,9:56 iova_ranges=0x0-0xfff",
    "window d0: info => dma_avail=1",
    "stop => warnings=none",
    "stop => warnings=2",
    "stop => warnings=vfio_dma_do_unmap,f1",
    // As they are typed.
    "start fail-alloc=0x2",
    "memlock 0x10",
    "memlock 4503599627370495",
    "extension 0x1",
    "ioctl 15217",
    "attach g0 hardware=0x3",
    "query 0 0x4p argsz=0x2f",
    "query m0+0p m0.size-0x1p flags=0x6",
    "query 0x0 0 bitmap=32",
    "query 0p 1p pgsize=0x1000 fault=bitmap-write+0x3",
    "map 18446744073709551615 -18446744073709551615 rw vaddr=m0+0x0",
    "write -0x0 0x10 fault=memory+0x1",
    "unmap 0p 1p => -22 size=16 mappings=0x1 words 2:16 3:16",
};

TEST(OperationText, CanonicalLinesPrintAsTheyAre) {
  for (const char* const line : kCanonicalLines) {
    EXPECT_EQ(print(parsed(line)), std::string("container v2\n") + line + "\n");
  }
}

TEST(OperationText, SettingsComeBackAsTheyWereTyped) {
  for (const char* const line :
       {"container v2 room=0x100", "container v2 room=256", "container v1 entries=0x10",
        "container v2 memlock=0x10", "container v2 rule=any entries=0xffff room=33554432",
        "container v2 memlock=4503599627370495"}) {
    EXPECT_EQ(print(parsed(line)), std::string(line) + "\n");
    EXPECT_EQ(parsed(print(parsed(line))), parsed(line));
  }
}

TEST(OperationText, ExpectationsRoundTripBesideOperationsWithout) {
  std::string text = "container v1 rule=exact entries=0 memlock=0\n";
  for (const char* const line : kCanonicalLines) text += std::string(line) + "\n";
  EXPECT_EQ(print(parsed(text)), text);
  EXPECT_EQ(parsed(print(parsed(text))), parsed(text));
}

TEST(OperationText, OtherSpellingsMeanTheSame) {
  EXPECT_EQ(parsed(" map\t0x0p  0x4p rw  # four pages\r\n"), parsed("map 0p 4p rw"));
  EXPECT_EQ(parsed("\n# only this\n\n  start"), parsed("start"));
  EXPECT_EQ(parsed("container v2 rule=whole entries=65535 memlock=unlimited"), Program{});
  EXPECT_EQ(parsed("query 0 1p flags=0x6 used-buffer"), parsed("query 0p 1p used-buffer flags=6"));
  EXPECT_EQ(parsed("start => -22"), parsed("start => -EINVAL"));
  EXPECT_EQ(parsed("map 0 1p rw vaddr=fresh"), parsed("map 0 1p rw"));
  EXPECT_EQ(parsed("query 0 1p pgsize=1 argsz=2"), parsed("query 0 1p argsz=2 pgsize=1"));
  EXPECT_EQ(parsed("map 0 1p r fault=iommu+1 fault=arg-read+2"),
            parsed("map 0 1p r fault=arg-read+2 fault=iommu+1"));
  EXPECT_EQ(parsed(""), Program{});
}

TEST(OperationText, ValuesArriveInTheirFields) {
  const Operation operation =
      parsed("each-window d2: query m3.end+5p-7 m1.size+9 used-buffer bitmap=0x10 fail-alloc=65535")
          .operations.at(0);
  Operation expected;
  expected.verb = Verb::query;
  expected.when = When::every_callback;
  expected.window_device = 2;
  expected.flags = kUsedBuffer;
  expected.address = {Base::mapping_end, 3, 5, -7};
  expected.size = {Base::mapping_size, 1, 0, 9};
  expected.bend = {Field::bitmap_pointer, 16};
  expected.fault = {FaultKind::allocation, 65535};
  EXPECT_EQ(operation, expected);
  EXPECT_EQ(parsed("map 0 1p rw").operations.at(0).vaddr, (Quantity{Base::fresh, 0, 0, 0}));
  EXPECT_EQ(parsed("dma g1 0p 1").operations.at(0).flags, kHardware);
}

TEST(OperationText, Expectations) {
  const Program program = parsed("start\nunmap 0 1p => 0 size=7 words 2:0x3 2:4\nstop");
  ASSERT_EQ(program.expectations.size(), 3U);
  EXPECT_TRUE(program.expectations[0].empty());
  EXPECT_EQ(program.expectations[1].result, 0);
  EXPECT_EQ(program.expectations[1].size, 7U);
  const WordRuns words = {{2, 2, 3}, {2, 2, 4}};
  EXPECT_EQ(program.expectations[1].words, words);
  EXPECT_TRUE(parsed("start").expectations.empty());
  const WordRuns runs = {{2, 4, 3}, {5, 5, 4}};
  EXPECT_EQ(parsed("query 0 1p => words 2-3:3 4:3 5:4").expectations.at(0).words, runs);
  const auto none = parsed("query 0 1p => words").expectations.at(0).words;
  ASSERT_TRUE(none.has_value());
  EXPECT_TRUE(none->empty());
  EXPECT_EQ(parsed("stop => -9223372036854775808").expectations.at(0).result, INT64_MIN);
}

TEST(OperationText, ExtremeQuantitiesRoundTrip) {
  for (const char* const bound :
       {"9223372036854775807p+9223372036854775807", "-9223372036854775808p-9223372036854775808",
        "2^63-1p-1", "2^64+1p+1", "m15.size-1", "2147483648", "0x80000000", "0xffffffffffffffff",
        "-0x8000000000000000", "m0+1p-0x20", "m0.end+0x8", "0x100000"}) {
    const std::string size = bound;
    const Program program = parsed("unmap 0p " + size);
    EXPECT_EQ(print(program), "container v2\nunmap 0p " + size + "\n");
    EXPECT_EQ(parsed(print(program)), program);
  }
}

TEST(OperationText, BytesAreAnythingOf64Bits) {
  const auto address = [](const std::string& text) {
    return parsed("map " + text + " 4096 rw").operations.at(0).address;
  };
  EXPECT_EQ(address("0x80000000").bytes, std::int64_t{1} << 31);
  EXPECT_EQ(address("0xffffffffffffffff"), address("-1"));
  EXPECT_EQ(address("18446744073709551615"), address("-1"));
  EXPECT_EQ(address("0x20"), address("32")) << "it is the number that counts";
}

TEST(OperationText, ErrorsSayLineAndWhatWasExpected) {
  const std::pair<const char*, const char*> cases[] = {
      {"start\n\n# c\nfoo", "4: expected an operation (map, query, ...), found 'foo'"},
      {"start\nwindow d0:",
       "2: expected an operation (map, query, ...), found the end of the line"},
      {"quary 0p 1p", "1: expected an operation (map, query, ...), found 'quary'; is it query?"},
      {"window d0x0: stop", "1: expected the window's device d0: to d3:, found 'd0x0:'"},
      {"enroll d00", "1: expected a device d0 to d3, found 'd00'"},
      {"start => 0 flags=0x3", "1: 'start' has no flags=, only 'info' has"},
      {"map 0p 1p rw => capabilities=none", "1: 'map' has no capabilities=, only 'info' has"},
      {"query 0p 1p => iova_ranges=none", "1: 'query' has no iova_ranges=, only 'info' has"},
      {"info => iova_ranges=1",
       "1: expected iova_ranges=none or such as iova_ranges=0x0-0xfedfffff,0xfef00000-0xffffffff, "
       "found 'iova_ranges=1'"},
      {"info => capabilities=dma:1",
       "1: expected capabilities=none or such as capabilities=migration:24,dma-avail:56, found "
       "'capabilities=dma:1'"},
      {"info => flags=1 flags=1", "1: expected each part once, found 'flags=1'"},
      {"stop => warnings=A",
       "1: expected warnings=none, warnings= and how many, or warnings= and functions with commas "
       "between them, found 'warnings=A'"},
      {"window d0: stop => warnings=none",
       "1: in a window a result, size=, what 'info' says, or words can be expected, and no state"},
      {"window d4: stop", "1: expected the window's device d0: to d3:, found 'd4:'"},
      {"start => 0 size=0x5", "1: 'start' has no size=, only 'unmap' has"},
      {"pin d0 0p 1p rw => words", "1: 'pin' has no words, only 'query' and 'unmap' have"},
      {"window d0: stop => marks=none",
       "1: in a window a result, size=, what 'info' says, or words can be expected, and no state"},
      {"stop => marks=1",
       "1: expected marks=none or such as marks=0x1000-0x2fff,0x5000-0x5fff, "
       "found 'marks=1'"},
      {"stop => tracking=0 tracking=0", "1: expected each part once, found 'tracking=0'"},
      {"map", "1: expected an address such as m0.end+1p-8, found the end of the line"},
      {"map m16 1p rw", "1: expected an address such as m0.end+1p-8, found 'm16'"},
      {"map 1+1p 1p rw", "1: expected an address such as m0.end+1p-8, found '1+1p'"},
      {"map fresh 1p rw", "1: expected an address such as m0.end+1p-8, found 'fresh'"},
      {"map 18446744073709551616 1p rw",
       "1: expected an address such as m0.end+1p-8, found '18446744073709551616'"},
      {"map 0p 9223372036854775808p rw",
       "1: expected a size such as m0.end+1p-8, found '9223372036854775808p'"},
      {"map 0p m0+ rw", "1: expected a size such as m0.end+1p-8, found 'm0+'"},
      {"map 0p 1p", "1: expected rights (rw, r, w or none), found the end of the line"},
      {"map 0p 1p wr", "1: expected rights (rw, r, w or none), found 'wr'"},
      {"map 0p 1p rw vaddr=m16",
       "1: expected a user address such as vaddr=m0 or vaddr=fresh+1, found 'vaddr=m16'"},
      {"map 0p 1p rw vaddr=0 vaddr=0", "1: expected each option once, found 'vaddr=0'"},
      {"pin g0 0p 1p rw", "1: expected a device d0 to d3, found 'g0'"},
      {"attach d0 emulated", "1: expected a group g0 to g3, found 'd0'"},
      {"dma x 0p 1", "1: expected a device d0 to d3 or a group g0 to g3, found 'x'"},
      {"attach g0", "1: expected emulated or hardware=, found the end of the line"},
      {"attach g0 hardware=16",
       "1: expected hardware= and a number from 0 to 15, found "
       "'hardware=16'"},
      {"attach g0 emulated hardware=1", "1: expected each option once, found 'hardware=1'"},
      {"query 0p 1p used-buffer used-buffer", "1: expected each option once, found 'used-buffer'"},
      {"query 0p 1p argsz=1 argsz=1", "1: expected each option once, found 'argsz=1'"},
      {"query 0p 1p argsz=1 flags=1 pgsize=1",
       "1: expected at most two bent fields, found 'pgsize=1'"},
      {"query 0p 1p flags=4294967296",
       "1: expected flags= and a number from 0 to 4294967295, found 'flags=4294967296'"},
      {"query 0p 1p arg=0x10000000000000000",
       "1: expected arg= and a number from 0 to 18446744073709551615, found "
       "'arg=0x10000000000000000'"},
      {"stop fail-alloc=1 fail-alloc=1", "1: expected each option once, found 'fail-alloc=1'"},
      {"stop fault=arg-read+0 fail-alloc=1 fault=arg-write+0",
       "1: expected at most two faults, found 'fault=arg-write+0'"},
      {"stop fail-alloc=65536",
       "1: expected fail-alloc= and a number from 0 to 65535, found 'fail-alloc=65536'"},
      {"start bitmap",
       "1: expected an option of 'start' (by= argsz= flags= arg= fail-alloc= fault=arg-read+ "
       "fault=arg-write+) or =>, found 'bitmap'"},
      {"memlock 1 2", "1: expected an option of 'memlock' (by=) or =>, found '2'"},
      {"exit p0 2", "1: expected the end of 'exit' or =>, found '2'"},
      {"memlock 4503599627370496",
       "1: expected a number from 0 to 4503599627370495, found '4503599627370496'"},
      {"mlock unlimited", "1: expected a number from 0 to 4503599627370495, found 'unlimited'"},
      {"exit", "1: expected a process p0 to p3, found the end of the line"},
      {"exec p4", "1: expected a process p0 to p3, found 'p4'"},
      {"exit kernel", "1: expected a process p0 to p3, found 'kernel'"},
      {"start by=kernel", "1: expected by=p0 to by=p3, found 'by=kernel'"},
      {"read 0 1 by=p", "1: expected by=p0 to by=p3 or by=kernel, found 'by=p'"},
      {"start by=p1 by=p1", "1: expected each option once, found 'by=p1'"},
      {"ioctl 4294967296", "1: expected a number from 0 to 4294967295, found '4294967296'"},
      {"extension 0x", "1: expected a number from 0 to 18446744073709551615, found '0x'"},
      {"start =>",
       "1: expected a result, size=, what the state is to be or 'info' says, or words, in this "
       "order, found the end of the line"},
      {"start => EINVAL",
       "1: expected a result, size=, what the state is to be or 'info' says, or words, in this "
       "order, found 'EINVAL'"},
      {"start => 0 0",
       "1: expected a result, size=, what the state is to be or 'info' says, or words, in this "
       "order, found '0'"},
      {"start => size=x",
       "1: expected size= and a number from 0 to 18446744073709551615, found 'size=x'"},
      {"start => words 1:2 3", "1: expected index:word or first-last:word, found '3'"},
      {"start\ncontainer v2", "2: the container line comes first and once"},
      {"container v2\ncontainer v2", "2: the container line comes first and once"},
      {"container v3", "1: expected v1 or v2, found 'v3'"},
      {"container v2 foo", "1: expected rule=, entries=, memlock=, room= or store=, found 'foo'"},
      {"container v2 room=33554433",
       "1: expected room= and a number from 0 to 33554432, found 'room=33554433'"},
      {"query 0 1p => 0 words 3-2:0x1",
       "1: expected index:word or first-last:word, found '3-2:0x1'"},
      {"container v2 rule=none",
       "1: expected rule=exact, rule=whole or rule=any, found 'rule=none'"},
      {"container v2 entries=-1",
       "1: expected entries= and a number from 0 to 4294967295, found 'entries=-1'"},
      {"container v2 memlock=x",
       "1: expected memlock=unlimited or memlock= and a number from 0 to "
       "4503599627370495, found 'memlock=x'"},
      {"start\n\x01", "2: control byte 0x1"},
      {"\xff'", "1: expected an operation (map, query, ...), found '\\xff\\x27'"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(error_of(text), message) << text;
}

TEST(OperationText, LimitsAreErrors) {
  EXPECT_EQ(error_of(std::string("start\0", 6)), "1: control byte 0x0");
  EXPECT_EQ(error_of("\n#" + std::string(kMaxLineBytes, 'x')), "2: a line has at most 65536 bytes");
  std::string words = "query 0p 1p => words";
  for (std::size_t i = 0; i < kMaxLineWords; ++i) words += " 0:0";
  EXPECT_EQ(error_of(words), "accepted");
  EXPECT_EQ(error_of(words + " 1:1"), "1: expected at most 1024 words, found '1:1'");
  std::string marks = "start => marks=0-1";
  for (std::size_t i = 1; i < kMaxLineItems; ++i) marks += ",0-1";
  EXPECT_EQ(error_of(marks), "accepted");
  EXPECT_NE(error_of(marks + ",0-1"), "accepted");
  std::string lines;
  for (std::size_t i = 0; i < kMaxTextOperations; ++i) lines += "info\n";
  EXPECT_EQ(error_of(lines), "accepted");
  EXPECT_EQ(error_of(lines + "info"), "131073: a program has at most 131072 operations");
  std::string all;
  for (std::size_t i = 0; i * kMaxLineWords <= kMaxTextWords; ++i) all += words + "\n";
  EXPECT_EQ(error_of(all), "1025: a program has at most 1048576 words");
}

TEST(OperationText, TheLongestLinePrintsWithinTheLineLimit) {
  const std::string most = "18446744073709551615", most_hex = "0xffffffffffffffff";
  const auto items = [](const std::string& item) {
    std::string list = item;
    for (std::size_t i = 1; i < kMaxLineItems; ++i) list += "," + item;
    return list;
  };
  std::string line =
      "unmap m15.size-9223372036854775808p-9223372036854775808 "
      "m15.size-9223372036854775808p-9223372036854775808 bitmap used-buffer "
      "bitmap=0xffffffffffffffff fault=bitmap-write+65535 => "
      "-9223372036854775808 size=0xffffffffffffffff page-sizes=" +
      most_hex + " pinned-pages=" + most + " locked-pages=" + most + " mappings=" + most +
      " dma-available=" + most + " tracking=" + most +
      " marks=" + items(most_hex + "-" + most_hex) + " pins=" + items(most_hex + ":" + most) +
      " callbacks=" + items("d3:" + most_hex + "-" + most_hex) +
      " warnings=" + items(std::string(kMaxFunctionName, 'f')) + " words";
  for (std::size_t i = 0; i < kMaxLineWords; ++i) {
    line += " 18446744073709551615:0xffffffffffffffff";
  }
  EXPECT_EQ(print(parsed(line)), "container v2\n" + line + "\n");
}

TEST(OperationText, HugeGarbageIsRefused) {
  const std::size_t size = 100'000'000;
  EXPECT_EQ(error_of(std::string(size, 'x')), "1: a line has at most 65536 bytes");
  EXPECT_EQ(error_of(std::string(size, '\0')), "1: a line has at most 65536 bytes");
  EXPECT_EQ(error_of(std::string(size, '\n')), "accepted");
}

}  // namespace
}  // namespace tidemark
