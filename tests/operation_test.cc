// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs as bytes, and that the views of a program agree.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "byte_tables.h"
#include "host_layout.h"
#include "parsed.h"
#include "program_bytes.h"
#include "program_text.h"
#include "text.h"
#include "world.h"

namespace tidemark {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes any_bytes(std::mt19937& random, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// Of a program none of whose operations are there kRepetitions times.
constexpr std::size_t kRepeatsByte = 5;
Bytes without_repetitions(Bytes bytes) {
  if (bytes.size() > kRepeatsByte) bytes[kRepeatsByte] %= 252;
  return bytes;
}

// Bytes -> program -> bytes -> program, and program -> text -> program.
void expect_round_trips(const Bytes& bytes) {
  const Program program = decode(bytes);
  const auto canonical = encode(program);
  ASSERT_TRUE(canonical.has_value()) << print(program);
  ASSERT_EQ(decode(*canonical), program) << print(program);
  ASSERT_EQ(encode(decode(*canonical)), canonical);
  const std::string text = print(program);
  ASSERT_EQ(parsed(text), program) << text;
  ASSERT_EQ(print(parsed(text)), text);
}

TEST(OperationBytes, EveryLengthIsAProgram) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < kMaxProgramBytes + 40; ++size) {
    const std::size_t records = (size + kRecordBytes - 1) / kRecordBytes;
    const std::size_t expected = records == 0 ? 0 : std::min(records - 1, kMaxOperations);
    const Bytes bytes = without_repetitions(any_bytes(random, size));
    EXPECT_EQ(decode(bytes).operations.size(), expected);
  }
}

TEST(OperationBytes, NothingIsTheDefaultProgram) { EXPECT_EQ(decode({}), fuzzable(Program{})); }

TEST(OperationBytes, APartialRecordIsPaddedWithZeros) {
  std::mt19937 random(2);
  for (std::size_t size = 1; size < 80; ++size) {
    Bytes bytes = any_bytes(random, size);
    const Program partial = decode(bytes);
    bytes.resize((size + kRecordBytes - 1) / kRecordBytes * kRecordBytes);
    EXPECT_EQ(decode(bytes), partial);
  }
}

TEST(OperationBytes, OperationsPastTheLimitAreIgnored) {
  std::mt19937 random(3);
  Bytes bytes = any_bytes(random, kMaxProgramBytes + 100);
  const Program all = decode(bytes);
  bytes.resize(kMaxProgramBytes);
  EXPECT_EQ(decode(bytes), all);
}

TEST(OperationBytes, RandomProgramsRoundTrip) {
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i) {
    ASSERT_NO_FATAL_FAILURE(expect_round_trips(any_bytes(random, random() % 1100)));
  }
}

TEST(OperationBytes, EverySingleByteChangeRoundTrips) {
  std::set<Verb> seen;
  for (unsigned verb = 0; verb < 256; ++verb) {
    Bytes bytes(2 * kRecordBytes);
    bytes[kRecordBytes] = static_cast<std::uint8_t>(verb);
    if (!seen.insert(decode(bytes).operations[0].verb).second) continue;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const std::uint8_t before = bytes[at];
      for (unsigned value = 0; value < 256; ++value) {
        bytes[at] = static_cast<std::uint8_t>(value);
        ASSERT_NO_FATAL_FAILURE(expect_round_trips(bytes));
      }
      bytes[at] = before;
    }
  }
}

int differences(const OwnHardware& a, const OwnHardware& b) {
  return (a.pgsizes != b.pgsizes) + (a.aperture != b.aperture) + (a.reserved != b.reserved) +
         (a.coherent != b.coherent);
}

// How many fields differ; the parts of one choice count as one.
int differences(const Operation& a, const Operation& b) {
  return (a.verb != b.verb) +
         (a.when != b.when || a.window_device != b.window_device || a.process != b.process) +
         (a.flags != b.flags || a.hardware != b.hardware) + differences(a.own, b.own) +
         (a.id != b.id) + (a.address != b.address) + (a.size != b.size) + (a.vaddr != b.vaddr) +
         (a.number != b.number) + (a.bend != b.bend || a.other_bend != b.other_bend) +
         (a.fault != b.fault || a.other_fault != b.other_fault);
}

int differences(const Setup& a, const Setup& b) {
  return (a.type != b.type) + (a.rule != b.rule) + (a.entries != b.entries) +
         (a.memlock_pages != b.memlock_pages) + (a.bitmap_words != b.bitmap_words);
}

int differences(const Program& a, const Program& b) {
  int count = differences(a.setup, b.setup);
  for (std::size_t i = 0; i < a.operations.size(); ++i) {
    count += differences(a.operations[i], b.operations[i]);
  }
  return count;
}

// The three exceptions that program_bytes.h names.
bool is_exception(const Program& before, const Program& after, std::size_t at) {
  if (at < kRecordBytes || at % kRecordBytes > 1) return false;
  if (at % kRecordBytes == 0) return true;
  const Operation& a = before.operations[at / kRecordBytes - 1];
  const Operation& b = after.operations[at / kRecordBytes - 1];
  return (a.verb == Verb::unmap && (a.flags == kAll || b.flags == kAll)) ||
         (a.verb == Verb::attach && a.flags != b.flags);
}

TEST(OperationBytes, AByteTouchesOneField) {
  std::mt19937 random(5);
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes = without_repetitions(any_bytes(random, 5 * kRecordBytes));
    const Program before = decode(bytes);
    const std::size_t at = random() % bytes.size();
    bytes[at] = static_cast<std::uint8_t>(random());
    const Program after = decode(without_repetitions(bytes));
    ASSERT_EQ(after.operations.size(), before.operations.size());
    if (is_exception(before, after, at)) continue;
    ASSERT_LE(differences(before, after), 1) << "byte " << at << "\n"
                                             << print(before) << print(after);
  }
}

TEST(OperationBytes, AVerbByteLeavesOtherOperationsAlone) {
  std::mt19937 random(6);
  Bytes bytes = any_bytes(random, 4 * kRecordBytes);
  const Program before = decode(bytes);
  for (unsigned verb = 0; verb < 256; ++verb) {
    bytes[2 * kRecordBytes] = static_cast<std::uint8_t>(verb);
    const Program after = decode(bytes);
    EXPECT_EQ(after.operations[0], before.operations[0]);
    EXPECT_EQ(after.operations[2], before.operations[2]);
  }
}

// Verbs and callers that came later have taken no code that a program is written with.
TEST(OperationBytes, WhatBytesMeantBeforeThereWereProcessesTheyMean) {
  std::mt19937 random(9);
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes = any_bytes(random, 2 * kRecordBytes);
    bytes[kRecordBytes] &= 63;
    bytes[kRecordBytes + 1] &= 15;
    bytes[kRecordBytes + 2] = static_cast<std::uint8_t>(random() % 2 ? 0 : 240 + random() % 8);
    const Operation operation = decode(bytes).operations[0];
    EXPECT_EQ(operation.process, 0);
    EXPECT_LE(operation.verb, Verb::memlock);
    EXPECT_FALSE(operation.flags & kIpcLock);
    const auto high = static_cast<unsigned>(64 * (random() % 3));
    bytes[kRecordBytes] = static_cast<std::uint8_t>(bytes[kRecordBytes] + high);
    EXPECT_EQ(decode(bytes).operations[0], operation);
  }
}

TEST(OperationBytes, EveryVerbAndFaultAndBendComesUp) {
  std::mt19937 random(7);
  std::set<Verb> verbs;
  std::set<FaultKind> faults;
  std::set<Field> bends;
  int windows = 0, two_bends = 0, two_faults = 0;
  int total = 0;
  for (int i = 0; i < 300; ++i) {
    for (const Operation& operation : decode(any_bytes(random, kMaxProgramBytes)).operations) {
      verbs.insert(operation.verb);
      faults.insert(operation.fault.kind);
      bends.insert(operation.bend.field);
      two_bends += operation.other_bend.field != Field::none;
      two_faults += operation.other_fault.kind != FaultKind::none;
      windows += operation.when != When::now;
      ++total;
    }
  }
  EXPECT_EQ(verbs.size(), kVerbs);
  EXPECT_EQ(faults.size(), 9U);
  EXPECT_EQ(bends.size(), 7U);
  EXPECT_GT(two_bends, 100);
  EXPECT_GT(two_faults, 100);
  EXPECT_NEAR(windows * 16.0 / total, 1.0, 0.2);
}

// Half of the bent pointers, and of those of bitmaps a quarter, are into what the user has, and
// can be read or written there.
TEST(OperationBytes, APointerCanBeIntoWhatTheUserHas) {
  World world;
  world.reset({}, nullptr);
  std::set<std::uint64_t> ram;
  for (unsigned code = 0; code < 256; ++code) {
    const auto pointer = codes::bend_value(Field::argument, static_cast<std::uint8_t>(code));
    const bool of_bitmaps = code >= 128 && code < 192;
    EXPECT_EQ(codes::bend_value(Field::bitmap_pointer, static_cast<std::uint8_t>(code)) == pointer,
              !of_bitmaps)
        << code;
    std::uint8_t byte = 0;
    EXPECT_EQ(world.copy_from_user(&byte, pointer, 1) == 0, code >= 128) << hex(pointer);
    if (pointer >= kRamFirst && pointer <= kRamLast) ram.insert(pointer % kPageBytes);
  }
  // At the beginning of a page, at its last word, and across its end.
  EXPECT_EQ(ram, (std::set<std::uint64_t>{0, 0xff8, 0xffc}));
}

// The first mappings of one, two and four pages have the memory that they point into.
TEST(OperationBytes, APointerCanBeIntoWhatIsMapped) {
  for (const auto& [pages, pointer] : {std::pair<unsigned, std::uint64_t>(1, 0x100010b00000),
                                       {2, 0x100010a00ffc},
                                       {4, 0x100010800ffc}}) {
    const std::uint64_t memory = FreshMemory().next(pages * kPageBytes, kPageBytes);
    EXPECT_LT(pointer - memory, pages * kPageBytes) << hex(memory);
    EXPECT_TRUE(encode(parsed("map 0p 1p rw\nquery 0p 1p bitmap=" + hex(pointer)))) << hex(pointer);
  }
}

TEST(OperationBytes, FieldsThatAVerbLacksStayAtTheirDefaults) {
  std::mt19937 random(8);
  for (int i = 0; i < 20000; ++i) {
    const Operation operation = decode(any_bytes(random, 2 * kRecordBytes)).operations[0];
    const VerbFields& fields = fields_of(operation.verb);
    if (!fields.device && !fields.group) {
      EXPECT_EQ(operation.id, 0);
    }
    if (!fields.address) {
      EXPECT_EQ(operation.address, Quantity{});
    }
    if (!fields.size) {
      EXPECT_EQ(operation.size, Quantity{});
    }
    if (!fields.vaddr) {
      EXPECT_EQ(operation.vaddr, Quantity{});
    }
    if (!fields.number) {
      EXPECT_EQ(operation.number, 0U);
    }
    EXPECT_LE(operation.process, fields.kernel_thread          ? kKernelThread
                                 : fields.by || fields.process ? kProcesses - 1
                                                               : 0U);
    EXPECT_EQ(operation.flags & ~fields.flags, 0);
    if (operation.when == When::now) {
      EXPECT_EQ(operation.window_device, 0);
    }
    if (operation.bend.field == Field::none) {
      EXPECT_EQ(operation.bend.value, 0U);
      EXPECT_EQ(operation.other_bend, Bend{});
    }
    if (operation.fault.kind == FaultKind::none) {
      EXPECT_EQ(operation.fault.index, 0);
      EXPECT_EQ(operation.other_fault, Fault{});
    }
    if (operation.verb != Verb::attach) {
      EXPECT_EQ(operation.hardware, 0);
    }
  }
}

std::string unencodable(const std::string& text) {
  Unencodable why;
  if (encode(parsed(text), &why)) return "encodable";
  const bool setup = why.operation == Unencodable::kSetup;
  return (setup ? "setup" : std::to_string(why.operation)) + " " + why.field;
}

TEST(OperationBytes, EncodeNamesWhatHasNoCode) {
  EXPECT_EQ(unencodable("stop\nmap 0p 4p rw"), "encodable");
  EXPECT_EQ(unencodable("stop\nmap 12345p 4p rw"), "1 address");
  EXPECT_EQ(unencodable("map 0p 999999p rw"), "0 size");
  EXPECT_EQ(unencodable("map m0.size 1p rw"), "0 address");
  EXPECT_EQ(unencodable("map 0p 9223372036854775807p rw"), "0 size");
  EXPECT_EQ(unencodable("map 0p -9223372036854775808p rw"), "0 size");
  EXPECT_EQ(unencodable("map 0p 4p rw vaddr=77p"), "0 id, vaddr or number");
  EXPECT_EQ(unencodable("extension 999"), "0 id, vaddr or number");
  EXPECT_EQ(unencodable("attach g0 hardware=15"), "0 flags");
  EXPECT_EQ(unencodable("attach g0 hardware=0 aperture=0x0-0x1233"), "0 hardware");
  EXPECT_EQ(unencodable("unmap 0 0 bitmap all used-buffer"), "0 flags");
  EXPECT_EQ(unencodable("query 0p 1p argsz=256"), "0 bend");
  EXPECT_EQ(unencodable("stop fail-alloc=128"), "0 fault");
  EXPECT_EQ(unencodable("exit p3\nexec p2\nwrite m0 8 by=kernel\nmigrate\nmlock 3"), "encodable");
  EXPECT_EQ(unencodable("window d0: stop by=p1"), "encodable");
  EXPECT_EQ(unencodable("window d0: stop by=p2"), "0 by");
  EXPECT_EQ(unencodable("container v2 entries=5"), "setup entries");
  EXPECT_EQ(unencodable("container v2 memlock=9"), "setup memlock");
  std::string many;
  for (std::size_t i = 0; i <= kMaxOperations; ++i) many += "stop\n";
  EXPECT_EQ(unencodable(many), "64 operations");
}

TEST(OperationBytes, EncodeRefusesValuesInFieldsThatTheVerbLacks) {
  Program program = parsed("start");
  program.operations[0].address.pages = 1;
  EXPECT_FALSE(encode(program).has_value());
  program = parsed("stop");
  program.operations[0].window_device = 1;
  EXPECT_FALSE(encode(program).has_value());
}

}  // namespace
}  // namespace tidemark
