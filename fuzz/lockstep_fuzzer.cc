// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Property: on every program, the subject (the tracker, unless the environment
// names another) does what the reference does, byte by byte, but for what it is
// known to differ in; loses no page of a migration; and leaves nothing behind. What
// a subject has not is left out of programs.
#include <cstdlib>

#include "ablation.h"
#include "handed_over.h"
#include "known_ends.h"
#include "processor_limit.h"
#include "program_bytes.h"
#include "progress.h"
#include "registry.h"
#include "reporter.h"
#include "subject_features.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const tidemark::LeftOut left_out(std::getenv(tidemark::kLeftOutVariable));
  static const tidemark::UnderTest tested = tidemark::under_test_by_environment();
  static const std::unique_ptr<tidemark::Lockstep> lockstep = tested.lockstep(left_out);
  static tidemark::Reporter reporter(tested, *lockstep);
  static tidemark::KnownEnds known_ends(tidemark::deadly_by_environment(),
                                        tidemark::KnownEnds::steady_now,
                                        tidemark::careful_by_environment());
  static tidemark::Progress& progress = tidemark::own_progress();
  static const long most_milliseconds = tidemark::ProcessorLimit::wanted();
  static_assert(tidemark::RecentInputs::kMostBytes == tidemark::kMaxProgramBytes);
  const std::uint64_t before = lockstep->operations();
  const tidemark::Program program =
      fitted(without(left_out, tidemark::decode({data, size})), tested.features);
  // For replay alone. Not -1: honggfuzz would stop.
  if (program.setup.bitmap_words > tidemark::kFuzzedBitmapWords) return 0;
  const auto in_a_child = [&program] {
    return tidemark::end_of_child([&program] { lockstep->run(program); });
  };
  if (known_ends.leaves_out(program, in_a_child)) {
    if (known_ends.found_another()) tidemark::hand_over({data, size});
    tidemark::add_to_counter(progress.counters.left_out, 1);
    return 0;
  }
  tidemark::note_input(progress.recent, data, size);
  const auto mismatch = [&program] {
    const tidemark::ProcessorLimit limit(most_milliseconds);
    return lockstep->run(program, &progress.at);
  }();
  tidemark::add_to_counter(progress.counters.programs, 1);
  tidemark::add_to_counter(progress.counters.operations, lockstep->operations() - before);
  reporter.program_ran();
  if (mismatch) reporter.failed(program, *mismatch, {data, size});
  return 0;
}
