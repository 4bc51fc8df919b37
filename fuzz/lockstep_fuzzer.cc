// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Property: on every program, the subject (the tracker, unless the environment
// names another) does what the reference does, byte by byte, but for what it is
// known to differ in; loses no page of a migration; and leaves nothing behind. What
// a subject has not is left out of programs.
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>

#include "ablation.h"
#include "handed_over.h"
#include "known_ends.h"
#include "processor_limit.h"
#include "program_bytes.h"
#include "progress.h"
#include "registry.h"
#include "reporter.h"
#include "subject_features.h"

namespace tidemark {
namespace {

// What all programs of the process share.
struct Fuzzing {
  LeftOut left_out{std::getenv(kLeftOutVariable)};
  UnderTest tested = under_test_by_environment();
  std::unique_ptr<Lockstep> lockstep = tested.lockstep(left_out);
  Reporter reporter{tested, *lockstep};
  KnownEnds known_ends{deadly_by_environment(), KnownEnds::steady_now, careful_by_environment()};
  Progress& progress = own_progress();
  long most_milliseconds = ProcessorLimit::wanted();

  void run(const Program& program, std::span<const std::uint8_t> input);
};
static_assert(RecentInputs::kMostBytes == kMaxProgramBytes);

void Fuzzing::run(const Program& program, std::span<const std::uint8_t> input) {
  const std::uint64_t before = lockstep->operations();
  const auto in_a_child = [&] { return end_of_child([&] { lockstep->run(program); }); };
  if (known_ends.leaves_out(program, in_a_child)) {
    if (known_ends.found_another()) hand_over(input);
    add_to_counter(progress.counters.left_out, 1);
    return;
  }
  note_input(progress.recent, input.data(), input.size());
  const auto mismatch = [&] {
    const ProcessorLimit limit(most_milliseconds);
    return lockstep->run(program, &progress.at);
  }();
  add_to_counter(progress.counters.programs, 1);
  add_to_counter(progress.counters.operations, lockstep->operations() - before);
  reporter.program_ran();
  if (mismatch) reporter.failed(program, *mismatch, input);
}

}  // namespace
}  // namespace tidemark

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static tidemark::Fuzzing fuzzing;
  const std::span input(data, size);
  const tidemark::Program program =
      fitted(without(fuzzing.left_out, tidemark::decode(input)), fuzzing.tested.features);
  // For replay alone. Not -1: honggfuzz would stop.
  if (program.setup.bitmap_words > tidemark::kFuzzedBitmapWords) return 0;
  for (const tidemark::Program& one : tidemark::programs_by_environment(program)) {
    // One that ends the process is looked into by its bytes.
    const auto bytes = one.setup == program.setup ? std::nullopt : tidemark::encode(one);
    fuzzing.run(one, bytes ? std::span<const std::uint8_t>(*bytes) : input);
  }
  return 0;
}
