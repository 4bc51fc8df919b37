// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Bugs that a fuzzing process need not report again, so that it goes on to
// others: a file with a signature a line, named in the environment. Whoever
// watches the process writes the file, also while it runs.
#pragma once

#include <string>

namespace tidemark {

inline constexpr const char* kKnownVariable = "TIDEMARK_KNOWN";

// False where there is no such file.
bool is_known(const std::string& signature);

// Does a known signature begin so? Then it is most likely that bug again.
bool begins_known(const std::string& part);

}  // namespace tidemark
