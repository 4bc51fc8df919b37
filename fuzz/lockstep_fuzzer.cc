// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Property: on every program, the tracker does what the reference does, byte by
// byte, loses no page of a migration (nor does the reference), and leaves
// nothing behind.
#include <cstdlib>

#include "check.h"
#include "counters.h"
#include "diagnosis.h"
#include "known.h"
#include "operation_bytes.h"
#include "operation_text.h"
#include "oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const tidemark::LeftOut left_out(std::getenv(tidemark::kLeftOutVariable));
  static tidemark::Lockstep lockstep(tidemark::make_tracker, tidemark::make_reference, left_out);
  static tidemark::Counters& counters = tidemark::own_counters();
  static tidemark::Lookalikes lookalikes;
  const std::uint64_t before = lockstep.operations();
  const tidemark::Program program = tidemark::without(left_out, tidemark::decode({data, size}));
  const auto mismatch = lockstep.run(program);
  tidemark::add_to_counter(counters.programs, 1);
  tidemark::add_to_counter(counters.operations, lockstep.operations() - before);
  lookalikes.program_ran();
  if (!mismatch || !lookalikes.worth_naming(mismatch->signature)) return 0;
  const auto found = tidemark::diagnose(lockstep, program);
  tidemark::check(found.has_value(), "lockstep.verdict-changes");
  lookalikes.named(mismatch->signature, found->runs);
  if (tidemark::is_known(found->signature)) return 0;
  tidemark::fail(found->signature, tidemark::kSeenAs + mismatch->signature + "\n" +
                                       tidemark::print(found->program) +
                                       tidemark::describe(found->mismatch, found->program));
}
