// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What may take the process down, done in a child.
#pragma once

#include <functional>
#include <string>

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

}  // namespace tidemark
