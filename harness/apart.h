// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs that may take the process down, judged in a child.
#pragma once

#include <functional>
#include <string>

#include "reduce.h"

namespace tidemark {

// How a child ended.
struct Ending {
  bool fine = false;       // it returned
  bool timed_out = false;  // and was killed
  std::string said;        // on standard error; at most 64 KiB
};

// Runs `what` in a child with a time limit. Throws std::system_error if there
// can be no child.
Ending run_apart(const std::function<void()>& what, unsigned seconds);

// What a child died of, by what it said: "lockstep.query.missing-dirty",
// "AddressSanitizer.heap-use-after-free.pin_free", "UndefinedBehaviorSanitizer.
// ...", "hang", "died"; empty if it did not. Functions are those of impl/, where
// the sanitizers' runtime can name them.
std::string signature_of(const Ending& ending);

// `said` with the addresses in its stack traces named, where that is possible.
std::string symbolized(const std::string& said);

// Judges by running each program in a child: sanitizer faults, aborts and hangs
// have signatures, too. Some milliseconds a run.
Judgement judge_apart(const Program& program);

}  // namespace tidemark
