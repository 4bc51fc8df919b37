// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The reference as a subject: where it does as it is told.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "executor.h"
#include "factories.h"
#include "support.h"

namespace tidemark {
namespace {

// A hint that another subject ran out of memory is for that operation alone, also if
// it is one that needs none here.
TEST(ReferenceSubject, RunsOutOfMemoryOnlyWhenTold) {
  const Step failed = {.allocation_failed = true};
  for (const char* text :
       {"write 0p 8", "unpin d0 0p 1p", "memlock 9", "dma d0 0p 8", "detach g1"}) {
    Executor executor;
    executor.reset({}, make_reference);
    const Program program = program_of(std::string(text) + "\nmap 0p 4p rw\nmap 8p 4p rw");
    executor.run(program.operations[0], {&failed, 1});
    EXPECT_EQ(executor.run(program.operations[1])[0].result, 0) << text;
    EXPECT_EQ(executor.run(program.operations[2], {&failed, 1})[0].result, -ENOMEM) << text;
    EXPECT_EQ(executor.run(program.operations[2])[0].result, 0) << text;
    executor.release();
  }
}

// The last operation's result on the reference, which is told that another subject ran
// out of memory in it.
std::int64_t starved(const std::string& text) {
  const Step failed = {.allocation_failed = true};
  const Program program = program_of(text);
  Executor executor;
  executor.reset(program.setup, make_reference);
  std::int64_t result = 0;
  for (const Operation& operation : program.operations) {
    const bool last = &operation == &program.operations.back();
    result = executor.run(operation, {&failed, last ? 1U : 0U})[0].result;
  }
  executor.release();
  return result;
}

struct Starved {
  std::int64_t result;
  const char* program;  // after a group, a device and a mapping
};
constexpr const char* kBefore =
    "container v2 entries=3\nattach g0 emulated\nenroll d0\nmap 0p 4p r\n";

// D19: the checks before a call's first point decide.
constexpr Starved kStarved[] = {
    // MAP
    {-ENOMEM, "map 8p 4p rw"},
    {-EINVAL, "map 8p 0p rw"},
    {-EINVAL, "map 8p 4p rw flags=0"},
    {-EINVAL, "map 8p 4p rw argsz=31"},
    {-EINVAL, "map 1 4p rw"},
    {-EINVAL, "map 2^64-1p 2p rw"},
    {-EFAULT, "map 8p 4p rw arg=0x0"},
    {-EEXIST, "map 3p 4p rw"},
    {-ENOSPC, "map 8p 1p rw\nmap 16p 1p rw\nmap 24p 1p rw"},
    {-EINVAL, "unmap 0p 4p\nattach g1 hardware=7\nmap 0p 16p rw"},
    // ... and M5 comes before what the host, the IOMMUs and D4 say.
    {-ENOMEM, "attach g1 hardware=0\nmap 8p 1p rw vaddr=2^63"},
    {-ENOMEM, "start\nmap 8p 2147483648p rw"},
    // START
    {-ENOMEM, "start"},
    {0, "unmap 0p 4p\nstart"},
    {0, "start\nstart"},
    {-EINVAL, "start argsz=7"},
    {-EINVAL, "start flags=3"},
    {-EINVAL, "unmap 0p 4p\nmap 0p 2147483648p rw\nmap 2147483648p 1p rw\nstart"},
    {-ENOMEM, "map 4p 2147483648p rw\nstart"},
    // Attach
    {-ENOMEM, "attach g1 emulated"},
    {-ENOMEM, "attach g1 hardware=0"},
    {-EINVAL, "attach g0 emulated"},
    {-EINVAL, "attach g0 hardware=0"},
    {-ENOMEM, "attach g1 hardware=6\nattach g2 hardware=0"},
    // GET_INFO
    {-ENOMEM, "info"},
    {-ENOMEM, "info argsz=16"},
    {-ENOMEM, "info fault=arg-write+0"},
    {-EINVAL, "info argsz=15"},
    {-EFAULT, "info arg=0x0"},
    // Pin
    {-ENOMEM, "pin d0 0p 1p r"},
    {-ENOMEM, "pin d0 3p 2p r"},
    {-EINVAL, "pin d0 0p 0p r"},
    {-E2BIG, "pin d0 0p 513p r"},
    {-EINVAL, "pin d1 0p 1p r"},
    {-EINVAL, "withdraw d0\npin d0 0p 1p r"},
    {-EINVAL, "pin d0 4p 1p r"},
    {-EPERM, "pin d0 0p 1p rw"},
    {-EFAULT, "map 8p 1p r vaddr=2^63\npin d0 8p 1p r"},
    {2, "pin d0 0p 2p r\npin d0 0p 2p r"},
    {-EPERM, "map 4p 1p w\npin d0 3p 1p r\npin d0 3p 2p r"},
    // All others
    {0, "unmap 0p 4p"},
    {0, "start\nunmap 0p 4p bitmap"},
    {0, "start\nquery 0p 4p"},
    {-EINVAL, "query 0p 4p"},
    {0, "start\nstop"},
    {0, "read 0p 8"},
    {-EPERM, "write 0p 8"},
    {1, "extension 1"},
    {-ENOTTY, "ioctl 0x1234"},
};

TEST(ReferenceSubject, RunsOutOfMemoryOnlyWhereTheContractLetsIt) {
  for (const Starved& s : kStarved)
    EXPECT_EQ(starved(std::string(kBefore) + s.program), s.result) << s.program;
  EXPECT_EQ(starved("container v1\nattach g0 emulated\nstart"), -EACCES);
  EXPECT_EQ(starved("container v1\nattach g0 emulated\nenroll d0\nmap 0p 1p rw\npin d0 0p 1p r"),
            -EACCES);
}

}  // namespace
}  // namespace tidemark
