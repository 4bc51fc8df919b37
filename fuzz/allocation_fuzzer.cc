// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Property: an operation that runs out of memory changes nothing, at whichever
// of its allocations, and the reference agrees. Each operation fails at its
// first, its second, ... allocation, until it gets through.
#include "check.h"
#include "factories.h"
#include "lockstep.h"
#include "program_bytes.h"
#include "program_text.h"

using namespace tidemark;

static Program executed;  // failing attempts and all: replays as any other program

static void stop(const Mismatch& mismatch) {
  fail(print(mismatch.signature), print(executed) + describe(mismatch, executed));
}

// Marks of a failed pin stay (R9).
static bool unchanged(Verb verb, const State& before, const State& after) {
  if (verb == Verb::pin) return before.mappings == after.mappings && before.pins == after.pins;
  return before == after;
}

// Did its allocation fail?
static bool attempt(Lockstep& lockstep, const Operation& operation) {
  static State before, after;
  lockstep.actual().subject().inspect(before);
  executed.operations.push_back(operation);
  if (const auto mismatch = lockstep.step(operation, nullptr)) stop(*mismatch);
  if (!lockstep.steps().front().allocation_failed) return false;
  lockstep.actual().subject().inspect(after);
  if (!unchanged(operation.verb, before, after)) fail("allocation.changed", print(executed));
  return true;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Lockstep lockstep(make_tracker, make_reference);
  const Program program = fuzzable(decode({data, size}));
  executed = {program.setup, {}, {}};
  lockstep.begin(program.setup);
  for (Operation operation : program.operations) {
    const bool allocates = operation.when == When::now &&
                           operation.fault.kind <= FaultKind::allocation &&
                           operation.other_fault.kind == FaultKind::none;
    unsigned k = 0;
    do {
      if (allocates) operation.fault = {FaultKind::allocation, static_cast<std::uint16_t>(k)};
      k += 1 + k / 16;  // each of the first 16; a pin can have hundreds
    } while (attempt(lockstep, operation) && allocates);
  }
  if (const auto mismatch = lockstep.end()) stop(*mismatch);
  return 0;
}
