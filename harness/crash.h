// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs that take the process down: judged in a child, named by what it said.
#pragma once

#include <string>

#include "apart.h"
#include "reduce.h"

namespace tidemark {

// "lockstep.query.missing-dirty", "AddressSanitizer.heap-use-after-free.
// pins_count", "UndefinedBehaviorSanitizer.shift-exponent.report_word", "hang",
// "died"; empty if it did not. The function is the innermost in impl/, and is
// left out where nothing can name it: see symbolized().
std::string signature_of(const Ending& ending);

// `said` with function, file and line in the place of addresses in its stack
// traces. They are named by llvm-symbolizer (the environment's
// ASAN_SYMBOLIZER_PATH, as for the sanitizers themselves, or the one of LLVM
// 19); without it `said` comes back as it is. Cost: tens of milliseconds for
// addresses that were not asked for before.
std::string symbolized(const std::string& said);

// Judges by running each program in a child: sanitizer faults, aborts and hangs
// have signatures, too. Some milliseconds a run.
Judgement judge_apart(const Program& program);

}  // namespace tidemark
