// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The reference as a subject: where it does as it is told.
#include <gtest/gtest.h>

#include <cerrno>

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

}  // namespace
}  // namespace tidemark
