// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Property: on every program, the subject (the tracker, unless the environment
// names another) does what the reference does, byte by byte, but for what it is
// known to differ in; loses no page of a migration (nor does the reference); and
// leaves nothing behind.
#include <cstdlib>

#include "ablation.h"
#include "check.h"
#include "dedup.h"
#include "diagnosis.h"
#include "program_bytes.h"
#include "program_text.h"
#include "progress.h"
#include "registry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const tidemark::LeftOut left_out(std::getenv(tidemark::kLeftOutVariable));
  static const tidemark::UnderTest tested = tidemark::under_test_by_environment();
  static const std::unique_ptr<tidemark::Lockstep> lockstep = tested.lockstep(left_out);
  static tidemark::Counters& counters = tidemark::own_counters();
  static tidemark::Lookalikes lookalikes;
  const std::uint64_t before = lockstep->operations();
  const tidemark::Program program = tidemark::without(left_out, tidemark::decode({data, size}));
  const auto mismatch = lockstep->run(program);
  tidemark::add_to_counter(counters.programs, 1);
  tidemark::add_to_counter(counters.operations, lockstep->operations() - before);
  lookalikes.program_ran();
  if (!mismatch) return 0;
  const bool known = !mismatch->known.empty();
  if (known && tidemark::is_known(tested.finding_name(print(mismatch->signature)))) return 0;
  if (!lookalikes.worth_naming(mismatch->signature)) return 0;
  const auto by = known ? tested.counting(print(mismatch->signature)).lockstep() : nullptr;
  const auto found = tidemark::diagnose(known ? *by : *lockstep, program);
  tidemark::check(found.has_value(), "lockstep.verdict-changes");
  lookalikes.named(mismatch->signature, found->runs);
  const std::string name = tested.finding_name(found->name);
  if (tidemark::is_known(name)) return 0;
  tidemark::fail(name, tidemark::kSeenAs + print(mismatch->signature) + "\n" +
                           tidemark::print(found->program) +
                           tidemark::describe(found->mismatch, found->program));
}
