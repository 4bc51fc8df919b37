// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A program as a GoogleTest case that links with the harness.
#pragma once

#include <string>
#include <string_view>

#include "export_c.h"
#include "program.h"

namespace tidemark {

// A whole .cc file: runs the program in lockstep and expects no mismatch, and
// what the program itself expects. Deterministic.
std::string export_gtest(const Program& program, const ExportOrigin& origin);

// A file's name, or a finding's, as a test's: "pins-are-counted.trace" becomes PinsAreCounted,
// "lockstep.release.leak" LockstepReleaseLeak. Letters and digits only, for any bytes; at most 80.
std::string test_name(std::string_view file);

}  // namespace tidemark
