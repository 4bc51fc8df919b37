// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A verdict as a process hands it to another.
#pragma once

#include <string>
#include <string_view>

#include "judge.h"

namespace tidemark::mutants {

// The number of the fate, the seconds, and on the other lines what it died of.
std::string print(const Verdict& verdict);

// Throws std::runtime_error for what print() has not made.
Verdict parse_verdict(const std::string& text);

}  // namespace tidemark::mutants
