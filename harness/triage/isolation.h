// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs that take the process down: judged in a child, named by what it said.
#pragma once

#include <string>
#include <string_view>

#include "mismatch.h"
#include "reducer.h"
#include "registry.h"
#include "step_at.h"
#include "subprocess.h"

namespace tidemark {

// What a sanitizer calls what LeakSanitizer sees, in Signature::what.
inline constexpr const char* kLeak = "leak";
inline bool is_leak(const Signature& signature) {
  return signature.kind == Kind::address && signature.what == kLeak;
}

// What a child said that it met, a sanitizer's report, a check that failed, a hang, or
// just that it died; none if it did not. The function is function_in() its stack
// (stack_traces.h; `sources` as in registry.h).
Signature signature_of(const Ending& ending, std::string_view sources = the_tracker().sources);

// Did a child of run_guarded() take too much memory?
bool took_too_much_memory(const Ending& ending);
// How much it had then, and might have: "it had 1030 MiB of memory, and may have 1024 MiB". Empty
// of any other.
std::string memory_it_had(const Ending& ending);

// For a report: the stack, as symbolized() has it (stack_traces.h), of a child whose time was up,
// or that took too much memory. Empty of any other, and where no sanitizer has said it.
std::string where_it_was(const Ending& ending, std::string_view sources = the_tracker().sources);

// What a program may have: more is a finding.
inline constexpr std::size_t kMostMemoryMib = 1024;
inline constexpr unsigned kMostSeconds = 20;  // unless told otherwise

// run_apart() that dies of "out-of-memory" when it takes more than `most_mib`, and of exit() as
// of anything else.
Ending run_guarded(const std::function<void()>& what, unsigned seconds,
                   std::size_t most_mib = kMostMemoryMib,
                   const std::function<void()>& each_second = {});

// Runs programs, one after the other, in a lockstep of their own, guarded; it dies of the
// first thing that one does wrong. In `at`, if that is given, is then where it was.
Ending run_programs_apart(const UnderTest& tested, std::span<const Program> programs,
                          unsigned seconds, StepAt* at = nullptr);

// The index of the operation of the last of them in which it was; how many it has, if in none.
std::size_t operation_at(const StepAt& at, std::span<const Program> programs);

// Judges the last of them by that, which is all that is wrong: sanitizer faults, leaks, aborts,
// "hang" after `seconds` and "out-of-memory" have signatures, too. Some milliseconds a run. In
// `at`, if that is given, is then where it was.
Judgement judge_last_apart(const UnderTest& tested, std::span<const Program> programs,
                           unsigned seconds, StepAt* at = nullptr);
inline Judgement judge_apart(const UnderTest& tested, const Program& program,
                             unsigned seconds = kMostSeconds, StepAt* at = nullptr) {
  return judge_last_apart(tested, {&program, 1}, seconds, at);
}

}  // namespace tidemark
