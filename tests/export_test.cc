// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Exported programs as text. That they compile is scripts/compile_exports.sh's to show.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "export_c.h"
#include "export_c_driver_parts.h"
#include "export_gtest.h"
#include "export_record.h"
#include "parsed.h"

namespace tidemark {
namespace {

const ExportOrigin kPlain = {"plain.trace", {}};
const ExportOrigin kHostile = {"a*/ int main(){}\n/*\?\?/\n\"\\\xc3\xa9.trace",
                               {"*/ #error", "\\", "\?\?/", "//*/", "\r\n#error",
                                std::string(1000, '*'), std::string("\0", 1)}};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string as_c(const std::string& program, const ExportOrigin& origin = kPlain) {
  return export_c(parsed(program), origin).value_or("too long");
}

// What stands behind the title.
std::string body(const std::string& c) { return c.substr(c.find("*/")); }

TEST(ExportText, TestNamesAreIdentifiers) {
  EXPECT_EQ(test_name("pins-are-counted.trace"), "PinsAreCounted");
  EXPECT_EQ(test_name("\xc3\xa9*/ (a_b).x.trace"), "ABX");
  EXPECT_EQ(test_name("lockstep.release.leak"), "LockstepReleaseLeak");
  EXPECT_EQ(test_name("64-pages"), "Program64Pages");
  EXPECT_EQ(test_name("DISABLED_x"), "ProgramDISABLEDX");
  EXPECT_EQ(test_name(""), "Program");
  EXPECT_EQ(test_name("\n.\n"), "Program");
  EXPECT_EQ(test_name(std::string(300, 'a')).size(), 80u);
}

TEST(ExportC, AStrangersNameChangesOnlyTheTitle) {
  const std::string program = "map 0p 4p rw\n";
  EXPECT_EQ(body(as_c(program, kHostile)), body(as_c(program)));
  for (const char c : as_c(program, kHostile))
    EXPECT_TRUE(c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f));
}

TEST(ExportC, IsDeterministic) {
  const std::string program =
      "attach g0 emulated\nmap 0p 4p rw\nstart\nwrite 1p 8\nquery m0 m0.size\n";
  EXPECT_EQ(as_c(program), as_c(program));
}

TEST(ExportC, HasTheNumbers) {
  const std::string c =
      as_c("attach g0 emulated\nmap 3p 70p rw\nstart\nwrite 66p 8\nquery 0p 73p\nquery m0+1p 4p\n");
  EXPECT_TRUE(has(c, "user_memory(0x100010a00000, 0x46000);"));
  EXPECT_TRUE(has(c, ".vaddr = 0x100010a00000, .iova = 0x3000, .size = 0x46000"));
  EXPECT_TRUE(has(c, "transfer(TIDEMARK_EMU_WRITE, 0x42000, 8), 0);"));
  EXPECT_TRUE(has(c, "{1, 1, 0x4},"));
  EXPECT_TRUE(has(c, "}}), -EINVAL);"));
  EXPECT_TRUE(has(c, "/* 5: query 0p 73p => 0 words 1:0x4 */"));
  EXPECT_TRUE(has(c, "VFIO_TYPE1v2_IOMMU);"));
}

TEST(ExportC, HasTheSetup) {
  const std::string c = as_c("container v1 rule=any entries=2 memlock=3\n");
  EXPECT_TRUE(has(c, "VFIO_TYPE1_IOMMU);"));
  EXPECT_TRUE(has(c, "\t{\"range_rule\", \"any\"},\n\t{\"dma_entry_limit\", \"2\"},\n"));
  EXPECT_FALSE(has(as_c("container v2 rule=whole\n"), "\t{\"range_rule\""));
  EXPECT_TRUE(has(c, "\tlimit_locked_memory(0x3000);"));
  EXPECT_FALSE(has(as_c("memlock 1\n"), "\tlimit_locked_memory(0x3000);"));
}

// The C program is one process on one host.
TEST(ExportC, SaysWhatOneProcessCannotDo) {
  const std::string c = as_c(
      "map 0p 1p rw by=p1\nmap 1p 1p rw ipc-lock\nmlock 1\nmemlock 1 by=p1\nexit p1\nmigrate\n"
      "map 2p 1p rw\n");
  EXPECT_TRUE(has(c, "\tinexact(\"this process calls, not another one\");\n\texpect("));
  EXPECT_TRUE(has(c, "\tinexact(\"it maps with the capabilities that it has\");\n\texpect("));
  EXPECT_TRUE(has(c, "left_out(\"it is another process's\");"));
  EXPECT_TRUE(has(c, "inexact(\"this process goes on alone, and locks nothing by itself\");"));
  EXPECT_TRUE(has(c, "inexact(\"there is no other host to go on at\");"));
  EXPECT_TRUE(has(c, ".iova = 0x2000"));
}

TEST(ExportC, NamesEachKindOfGroup) {
  const std::string c = as_c("attach g1 hardware=0\nattach g1 hardware=2\nattach g0 emulated\n");
  EXPECT_TRUE(has(c, "{\"emulated (g0, d0)\", 0,"));
  EXPECT_TRUE(has(c,
                  "{\"hardware=0, page sizes 0x40201000, addresses 0x0-0xffffffffffffffff, "
                  "cache coherent (g1, d1)\", 1,"));
  EXPECT_TRUE(has(c, "./repro GROUP DEVICE GROUP DEVICE GROUP DEVICE\n"));
  // It is attached already, as the other kind.
  EXPECT_TRUE(has(c, "begin(2, \"attach g1 hardware=2\");\n\texpect(attach(1), -EINVAL);"));
}

// An IOMMU gets memory that lies in the host as a program's does.
TEST(ExportC, GivesHardwareMemoryAsItLiesInTheHost) {
  const std::string large = "map 16p 16p rw vaddr=0x100000210000\n";
  EXPECT_TRUE(has(as_c("attach g0 hardware=2\n" + large),
                  "\tcontiguous_memory(0x100000200000, 0x200000);"));
  EXPECT_TRUE(has(as_c("attach g0 emulated\n" + large), "\tuser_memory(0x100000210000, 0x10000);"));
  EXPECT_TRUE(has(as_c("attach g0 hardware=2\nmap 1p 3p rw vaddr=0x100010a01000\n"),
                  "\tmemory_in_pieces(0x100010a00000, 0x4000, 0x2000);"));
}

// What VFIO answers for the tracker, and what it does otherwise than the program.
TEST(ExportC, KnowsWhatVfioDoesWithPins) {
  const std::string before = "attach g0 emulated\nmap 0p 4p rw\n";
  EXPECT_TRUE(has(as_c(before + "enroll d0\npin d0 0p 2^64-1p rw\n"), ", -1), -E2BIG);"));
  EXPECT_TRUE(has(as_c(before + "pin d0 0p 1p rw\n"), "VFIO registers each device"));
}

// A real signal would kill who sends it. What a pin marked before one came is marked otherwise.
TEST(ExportC, MarksWhatAnInterruptedPinWouldHave) {
  const std::string before = "enroll d0\nmap 0p 4p rw\nstart\n";
  const std::string pin = "pin d0 1p 3p rw fault=interrupt+";
  const std::string c = as_c("attach g0 emulated\n" + before + pin + "2\n");
  EXPECT_TRUE(has(c, "left_out(\"this kernel cannot be made to meet the fault\");"));
  EXPECT_TRUE(has(c, ", 0x1000, 2), 2);\n\tunpin(0, 0x1000, 2);"));
  EXPECT_FALSE(has(as_c("attach g0 emulated\n" + before + pin + "0\n"), "\tunpin(0, "));
  EXPECT_TRUE(has(as_c("attach g0 emulated\n" + before + pin + "4\n"), "0x1000, 3), 3);"));
  // One that succeeds would change what its group reports.
  EXPECT_TRUE(has(as_c("attach g0 hardware=0\n" + before + pin + "2\n"),
                  "inexact(\"what it would have marked is not\");"));
}

TEST(ExportC, PlacesFaults) {
  const std::string start = "attach g0 emulated\nmap 0p 128p rw\nstart\nwrite 64p 8\n";
  const std::string failing = as_c(start + "query 0p 128p fault=bitmap-write+1\n");
  EXPECT_TRUE(has(failing, "next.bitmap_words = 1;\n\tnext.bitmap_access = PROT_READ;"));
  EXPECT_TRUE(has(failing, "}}), -EFAULT);"));
  // A page would take word 1 along.
  const std::string fine = as_c(start + "query 0p 128p fault=bitmap-write+0\n");
  EXPECT_FALSE(has(fine, "\tnext.bitmap_access"));
  EXPECT_TRUE(has(fine, "The fault is left out"));
  EXPECT_TRUE(has(as_c("start fault=arg-read+0\n"),
                  "next.argument_words = 0;\n\tnext.argument_access = PROT_NONE;"));
  EXPECT_TRUE(has(as_c("map 0p 4p rw\nstart fail-alloc=0\n"), "if (can_fail_allocation(1))"));
  EXPECT_TRUE(has(as_c("query 0p 1p used-buffer\n"), "next.old_bits = 0xa5;"));
  EXPECT_TRUE(has(as_c("stop arg=0x10\n"), "next.bent = 1;\n\tnext.argument = 0x10;"));
}

// Callbacks are held in the order in which the reference makes them, with the
// operations of each inside.
TEST(ExportC, RunsOperationsInsideCallbacks) {
  const std::string c = as_c(
      "attach g0 emulated\nattach g1 emulated\nenroll d0\nenroll d1\nmap 0p 4p rw\nstart\n"
      "pin d0 0p 1p rw\nwindow d0: write 2p 8\nwindow d1: stop\nunmap 0p 4p bitmap\n");
  const std::size_t first = c.find("enter_callback(1);\n");  // the newest device's
  const std::size_t stop = c.find("begin(10, \"window d1: stop\");");
  const std::size_t second = c.find("leave_callback(1);\n");
  EXPECT_TRUE(has(c, "hold(0, 1);") || has(c, "hold(1, 1);"));
  ASSERT_NE(first, std::string::npos);
  EXPECT_LT(first, stop);
  EXPECT_LT(stop, second);
  EXPECT_TRUE(has(c, "expect(end_unmap(), -EINVAL);"));
}

TEST(ExportC, RefusesWhatIsTooLong) {
  Program program;
  program.operations.resize(kMaxRecordedOperations + 1);
  EXPECT_FALSE(export_c(program, kPlain).has_value());
}

TEST(ExportC, TheDeviceIsAsDocumented) {
  for (const char* path : {"/../docs/emulated-device.md", "/../impl/testdev/emu_ioctl.h"}) {
    std::ifstream file(std::string(TIDEMARK_CORPUS_DIR) + path);
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_TRUE(has(text.str(), c_parts::kDevice)) << path;
  }
}

TEST(ExportGtest, HoldsTheProgram) {
  const Program program = parsed("map 0p 4p rw => 0\nquery m0 1p => -EINVAL\n");
  const std::string text = export_gtest(program, kHostile);
  EXPECT_EQ(text, export_gtest(program, kHostile));
  const std::string begins = "R\"program(", ends = ")program\"";
  const std::size_t at = text.find(begins) + begins.size();
  EXPECT_EQ(text.substr(at, text.find(ends) - at), print(program));
  EXPECT_TRUE(has(text, "TEST(Exported, AIntMain"));
  // Every line of the title is still a comment.
  std::istringstream title(text.substr(0, text.find("#include")));
  for (std::string line; std::getline(title, line);) EXPECT_EQ(line.substr(0, 2), "//");
}

}  // namespace
}  // namespace tidemark
