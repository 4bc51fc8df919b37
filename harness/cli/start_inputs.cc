// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "start_inputs.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>

#include "ablation.h"
#include "files.h"
#include "interrupts.h"
#include "isolation.h"
#include "program_bytes.h"
#include "shared_memory.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

Program read_program(const fs::path& input) {
  const std::string content = read_file(input, kMaxProgramBytes);
  return decode({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
}

}  // namespace

std::vector<DeadlyInput> deadly_inputs(const UnderTest& tested, const std::vector<fs::path>& inputs,
                                       unsigned seconds) {
  // Each has its own time (the alarm); all of them together may take what they like.
  constexpr unsigned kForever = 1'000'000;
  std::vector<DeadlyInput> deadly;
  if (std::getenv(kLeftOutVariable)) return deadly;  // the target does not run them as they are
  Shared<std::atomic<std::size_t>> at;  // which input the child is at; it dies without a word
  for (std::size_t from = 0; from < inputs.size() && !interrupts(); from = *at + 1) {
    *at = from;
    const Ending ending = run_guarded(
        [&] {
          const auto lockstep = tested.lockstep();
          for (; *at < inputs.size(); ++*at) {
            alarm(seconds + 1);
            const Program program = read_program(inputs[*at]);
            // Others no fuzz target runs.
            if (program.setup.bitmap_words <= kFuzzedBitmapWords) lockstep->run(program);
          }
        },
        kForever);
    if (ending.fine) break;
    if (*at >= inputs.size()) break;
    // What was only slow, for want of a core, is not deadly.
    const Judgement judgement = judge_apart(tested, read_program(inputs[*at]), seconds);
    if (judgement.crashed) deadly.push_back({inputs[*at], judgement.signature});
    const Kind how = judgement.signature.kind;
    if (how == Kind::hang || how == Kind::out_of_memory) break;
  }
  return deadly;
}

}  // namespace tidemark::cli
