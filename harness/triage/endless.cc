// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "endless.h"

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "diagnosis.h"
#include "isolation.h"
#include "shared_memory.h"
#include "stack_traces.h"

extern "C" void __sanitizer_print_stack_trace() __attribute__((weak));

namespace tidemark {
namespace {

constexpr unsigned kSeconds = 2;
constexpr int kSamples = 20;
// So many stacks may end before they come to the subject: a sample can hit a call as it is made.
constexpr std::ptrdiff_t kCutShort = 2;
// Of a processor: until it is in what has no end, and between samples.
constexpr itimerval kTimes = {{0, 15'000}, {0, 150'000}};

constexpr std::string_view kNextStep = "the next step\n";

// Of the child, which is sampled in a signal handler.
struct Sampled {
  const StepAt* now;
  std::size_t step;
  int left;
} sampled = {nullptr, 0, kSamples};

void sample(int) {
  if (sampled.now->step != sampled.step) {
    sampled = {sampled.now, sampled.now->step, kSamples};
    [[maybe_unused]] const auto said = write(STDERR_FILENO, kNextStep.data(), kNextStep.size());
  }
  __sanitizer_print_stack_trace();
  if (--sampled.left == 0) std::_Exit(1);
}

}  // namespace

std::string function_without_end(const UnderTest& tested, const Program& program) {
  if (!__sanitizer_print_stack_trace) return {};
  const Shared<StepAt> shared;
  const Ending ending = run_guarded(
      [&] {
        sampled.now = &*shared;
        std::signal(SIGPROF, sample);
        setitimer(ITIMER_PROF, &kTimes, nullptr);
        judge(*tested.lockstep(), program, &*shared);
      },
      kSeconds);
  const auto last = ending.said.rfind(kNextStep);
  auto stacks = calls_in(tested.sources, ending.said.substr(last == std::string::npos ? 0 : last));
  const auto is_cut = [](const auto& calls) { return calls.empty(); };
  if (std::ranges::count_if(stacks, is_cut) <= kCutShort) std::erase_if(stacks, is_cut);
  if (stacks.empty()) return {};
  std::size_t common = stacks[0].size();
  for (const std::vector<std::string>& calls : stacks) {
    const auto end = std::ranges::mismatch(calls, stacks[0]).in1;
    common = std::min(common, static_cast<std::size_t>(end - calls.begin()));
  }
  return common ? stacks[0][common - 1] : std::string();
}

}  // namespace tidemark
