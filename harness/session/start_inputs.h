// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a fuzzing run starts from, looked through before it starts: inputs on which a
// process dies would end each process that fuzzes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mismatch.h"
#include "registry.h"

namespace tidemark::session {

struct DeadlyInput {
  std::filesystem::path path;
  Signature signature;  // how
};

// Those of `inputs` on which the lockstep of `tested` dies, or takes more than `seconds`.
// They run in children, one after the other in the same one for as long as it lives, so
// that it costs little more than to run them, and a fork for each that is bad. After one
// that hangs, or eats all memory, nothing more is looked at: each may take seconds. Of those that
// leak memory only the first counts. None if an interrupt comes in between.
std::vector<DeadlyInput> deadly_inputs(const UnderTest& tested,
                                       const std::vector<std::filesystem::path>& inputs,
                                       unsigned seconds);

// Removes each file of `folder` that has this content.
void leave_out(const std::string& input, const std::filesystem::path& folder);

}  // namespace tidemark::session
