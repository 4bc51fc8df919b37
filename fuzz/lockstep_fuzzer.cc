// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Property: on every program, the tracker does what the reference does, byte by
// byte, loses no page of a migration (nor does the reference), and leaves
// nothing behind.
#include <cstdio>
#include <cstdlib>

#include "counters.h"
#include "lockstep.h"
#include "operation_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static tidemark::Lockstep lockstep;
  static tidemark::Counters& counters = tidemark::own_counters();
  const std::uint64_t before = lockstep.operations();
  const tidemark::Program program = tidemark::decode({data, size});
  const auto mismatch = lockstep.run(program);
  tidemark::add_to_counter(counters.programs, 1);
  tidemark::add_to_counter(counters.operations, lockstep.operations() - before);
  if (!mismatch) return 0;
  std::fputs(tidemark::describe(*mismatch, program).c_str(), stderr);
  std::fprintf(stderr, "Assertion failure: %s\n", mismatch->signature.c_str());
  std::abort();
}
