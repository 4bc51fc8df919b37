// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What may take the process down, done in a child.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace tidemark {

// How a child ended.
struct Ending {
  bool fine = false;       // it returned
  bool timed_out = false;  // and was killed
  std::string said;        // on standard error; at most 64 KiB
};

// Runs `what` in a child with a time limit, in which the time that the child was
// kept waiting for a core does not count. Throws std::system_error if there can
// be no child.
Ending run_apart(const std::function<void()>& what, unsigned seconds);

// The same of another program, found as execvp() finds it; what it prints goes
// to `said`, too. A program that cannot be run ends with 127: not fine.
Ending run_program(const std::vector<std::string>& words, unsigned seconds);

// Seconds that a child of ours, even one that has ended but was not waited for,
// was ready to run while others did. 0 where the kernel does not say.
double seconds_without_core(pid_t child);

}  // namespace tidemark
