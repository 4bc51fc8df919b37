// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Hardware that a program says itself: what can be said, and that it is what is attached.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <variant>

#include "executor.h"
#include "parsed.h"
#include "program_bytes.h"
#include "shrink.h"
#include "support.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kTop = ~std::uint64_t{0};

// Of the one line, "" if there is none.
std::string hardware_error(const std::string& options) {
  const auto result = parse("attach g0 " + options);
  const auto* error = std::get_if<ParseError>(&result);
  return error ? error->message : "";
}

TEST(OwnHardware, IsTheNumberedKindButForWhatIsSaid) {
  const auto hardware = [](const std::string& options) {
    const Operation attach = parsed("attach g0 " + options).operations.at(0);
    return with(hardware_kind(attach.hardware), attach.own);
  };
  EXPECT_EQ(hardware("hardware=5"), hardware_kind(5));
  HardwareKind expected = hardware_kind(5);
  expected.pgsizes = 0x201000;
  EXPECT_EQ(hardware("hardware=5 pgsizes=2097152,4096"), expected);
  expected = hardware_kind(5);
  expected.aperture = {0x1000, kTop};
  EXPECT_EQ(hardware("aperture=0x1000-0xffffffffffffffff hardware=5"), expected);
  expected = hardware_kind(5);
  expected.reserved = {};
  expected.nr_reserved = 0;
  EXPECT_EQ(hardware("hardware=5 reserved=none"), expected);
  expected = {0x10000000000, false, {0, 7}, {AddressRange{0, 0}, AddressRange{1, 2}}, 2};
  EXPECT_EQ(hardware("hardware=7 pgsizes=0x10000000000 aperture=0-7 reserved=0-0,1-2 coherent=no"),
            expected);
}

TEST(OwnHardware, IsPrintedAsItIsRead) {
  for (const char* const line :
       {"attach g3 hardware=0 pgsizes=0x400,0x1000,0x8000000000000000",
        "attach g0 hardware=15 aperture=0x0-0xffffffffffffffff",
        "attach g0 hardware=1 reserved=none coherent=yes fail-alloc=1",
        "window d1: attach g0 hardware=2 pgsizes=0x10000000000 aperture=0x1000-0x1000 "
        "reserved=0x0-0x0,0x1-0xffffffffffffffff coherent=no => -EINVAL"})
    EXPECT_EQ(print(parsed(line)), std::string("container v2\n") + line + "\n");
}

TEST(OwnHardware, ThatMakesNoSenseIsRefused) {
  const std::string sizes = "expected page sizes such as pgsizes=0x1000,0x200000, found ";
  EXPECT_EQ(hardware_error("hardware=0 pgsizes="), sizes + "'pgsizes='");
  EXPECT_EQ(hardware_error("hardware=0 pgsizes=4K"), sizes + "'pgsizes=4K'");
  EXPECT_EQ(hardware_error("hardware=0 pgsizes=4096,"), sizes + "'pgsizes=4096,'");
  EXPECT_EQ(hardware_error("hardware=0 pgsizes=4097"),
            "expected page sizes that are powers of two, found 'pgsizes=4097'");
  EXPECT_EQ(hardware_error("hardware=0 pgsizes=0"),
            "expected page sizes that are powers of two, found 'pgsizes=0'");
  EXPECT_EQ(hardware_error("hardware=0 pgsizes=4096,0x1000"),
            "expected each page size once, found 'pgsizes=4096,0x1000'");
  EXPECT_EQ(hardware_error("hardware=0 pgsizes=0x20000000000"),
            "expected a smallest page size of at most 0x10000000000, found "
            "'pgsizes=0x20000000000'");
  EXPECT_EQ(hardware_error("hardware=0 pgsizes=0x20000000000,0x1000"), "");
  EXPECT_EQ(hardware_error("hardware=0 aperture=1-0"),
            "expected an aperture that does not end before it begins, found 'aperture=1-0'");
  EXPECT_EQ(hardware_error("hardware=0 aperture=7"),
            "expected first and last byte such as aperture=0x0-0x7fffffffff, found 'aperture=7'");
  EXPECT_EQ(hardware_error("hardware=0 reserved=3-2"),
            "expected reserved ranges that do not end before they begin, found 'reserved=3-2'");
  const std::string ascend = "expected reserved ranges that ascend and do not overlap, found ";
  EXPECT_EQ(hardware_error("hardware=0 reserved=0-4,4-5"), ascend + "'reserved=0-4,4-5'");
  EXPECT_EQ(hardware_error("hardware=0 reserved=4-5,0-1"), ascend + "'reserved=4-5,0-1'");
  EXPECT_EQ(hardware_error("hardware=0 reserved=0-0,1-1,2-2"),
            "expected at most 2 reserved ranges, found 'reserved=0-0,1-1,2-2'");
  EXPECT_EQ(hardware_error("hardware=0 reserved=all"),
            "expected reserved=none or such as reserved=0x8000-0x8fff,0xa000-0xafff, found "
            "'reserved=all'");
  EXPECT_EQ(hardware_error("hardware=0 coherent=maybe"),
            "expected coherent=yes or coherent=no, found 'coherent=maybe'");
  EXPECT_EQ(hardware_error("hardware=0 coherent=no coherent=no"),
            "expected each option once, found 'coherent=no'");
  EXPECT_EQ(hardware_error("emulated coherent=no"),
            "an emulated group has no hardware to say coherent=no of");
  EXPECT_EQ(hardware_error("pgsizes=4096"),
            "expected emulated or hardware=, found the end of the line");
}

// Every page size there may be, and in the bytes of a fuzzer.
TEST(OwnHardware, HasPagesUpTo2To40) {
  for (unsigned bits = 12; bits <= 40; ++bits) {
    const std::uint64_t page = std::uint64_t{1} << bits;
    const std::string bytes = std::to_string(page), half = std::to_string(page / 2);
    const std::string two = std::to_string(2 * page), last = std::to_string(page - 1);
    const Program program = program_of(
        "container v2 room=8192\n"
        "attach g0 hardware=0 pgsizes=" +
        bytes +
        "\nenroll d0\n"
        "map 0 " +
        two + " rw => 0 page-sizes=" + bytes +
        "\n"
        "map " +
        two + " " + bytes +
        " rw => 0\n"
        "start\nquery 0 " +
        two +
        " => 0 words 0:0x3\n"
        "pin d0 0 1p rw => 1\nquery 0 " +
        two +
        " => 0 words 0:0x3\n"
        "write " +
        last + " 2\nquery 0 " + two +
        " => 0 words 0:0x3\n"
        "unmap " +
        two + " " + bytes +
        " bitmap => 0 words 0:0x1\n"
        "attach g1 hardware=1 reserved=none => 0\n"
        "attach g2 hardware=0 pgsizes=" +
        half + " => -EINVAL\n");
    EXPECT_TRUE(runs(program)) << bits;
    std::array<std::uint8_t, kRecordBytes> record;
    EXPECT_EQ(encode_operation(program.operations[0], record), nullptr);
  }
}

// A user who has room for a bitmap of more pages than there are asks for all at once.
TEST(OwnHardware, OfLargePagesLosesNoneWhereThereIsRoomForMore) {
  for (const char* const rule : {"whole", "any", "exact"})
    EXPECT_TRUE(runs(std::string("container v2 rule=") + rule +
                     "\nattach g0 hardware=0 pgsizes=0x10000000000\nenroll d0\n"
                     "map 0p 268435456p rw\nstart\npin d0 0p 1p rw\nquery 0p m0.size\n"
                     "write 200000000p 8\n"))
        << rule;
}

TEST(OwnHardware, SmallerThanAPageIsAPage) {
  EXPECT_TRUE(runs("attach g0 hardware=0 pgsizes=0x1 => 0 page-sizes=0x1000\nmap 0p 1p rw => 0"));
  EXPECT_TRUE(runs("attach g0 hardware=0 pgsizes=0x800,0x4000 => 0 page-sizes=0x5000"));
}

TEST(OwnHardware, ComesUpInBytes) {
  std::mt19937 random(1);
  std::set<std::uint64_t> smallest;
  std::set<std::string> said;
  unsigned attaches = 0, own = 0;
  for (int i = 0; i < 60000; ++i) {
    std::array<std::uint8_t, kRecordBytes> record;
    for (std::uint8_t& byte : record) byte = static_cast<std::uint8_t>(random());
    const Operation operation = decode_operation(record);
    if (operation.verb != Verb::attach) {
      EXPECT_EQ(operation.own, OwnHardware());
      continue;
    }
    ++attaches;
    own += operation.own != OwnHardware();
    smallest.insert(operation.own.pgsizes & (0 - operation.own.pgsizes));
    said.insert(print(operation.own));
    EXPECT_EQ(parsed(print(operation)).operations.at(0), operation);
  }
  EXPECT_EQ(smallest.size(), 32u) << "none, and 2^10 to 2^40";
  EXPECT_GT(said.size(), 200u);
  // Of hardware, which is half of them, a quarter says nothing at all.
  EXPECT_NEAR(own * 2.0 / attaches, 1 - 0.75 * 0.75 * 0.75 * 0.75, 0.1);
}

TEST(OwnHardware, IsNotThereInBytesThatKnowNothingOfIt) {
  std::array<std::uint8_t, kRecordBytes> record = {};
  const Operation attach = parsed("attach g0 hardware=5").operations.at(0);
  ASSERT_EQ(encode_operation(attach, record), nullptr);
  for (std::size_t i = 3; i < 7; ++i) EXPECT_EQ(record[i], 0);
}

// A kind with a number, less that is said, or smaller pages; and all of them lead there.
TEST(OwnHardware, IsReducedToANumberedKind) {
  Operation attach = parsed(
                         "attach g0 hardware=5 pgsizes=0x2000,0x200000 aperture=0x0-0xffff "
                         "reserved=none coherent=no")
                         .operations.at(0);
  std::set<std::string> simpler_ones;
  for (const Operation& simple : simpler(attach)) simpler_ones.insert(print(simple));
  for (const char* const line :
       {"attach g0 hardware=5", "attach g0 hardware=0", "attach g0 hardware=7",
        "attach g0 hardware=5 aperture=0x0-0xffff reserved=none coherent=no",
        "attach g0 hardware=5 pgsizes=0x2000,0x200000 reserved=none coherent=no",
        "attach g0 hardware=5 pgsizes=0x2000,0x200000 aperture=0x0-0xffff coherent=no",
        "attach g0 hardware=5 pgsizes=0x2000,0x200000 aperture=0x0-0xffff reserved=none",
        "attach g0 hardware=5 pgsizes=0x2000 aperture=0x0-0xffff reserved=none coherent=no",
        "attach g0 hardware=5 pgsizes=0x1000 aperture=0x0-0xffff reserved=none coherent=no"})
    EXPECT_EQ(simpler_ones.count(line), 1u) << line;
  unsigned steps = 0;
  for (auto next = simpler(attach); !next.empty() && steps < 100; next = simpler(attach), ++steps)
    attach = next.back();
  EXPECT_EQ(print(attach), "attach g0 emulated");
}

}  // namespace
}  // namespace tidemark
