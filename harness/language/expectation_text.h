// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What stands behind "=>", read. For parse.cc.
#pragma once

#include "program.h"
#include "tokens.h"

namespace tidemark {

// Takes the rest of the line, of `operation`. False if it is wrong, and why in its error.
bool read_expectation(words::Line& line, const Operation& operation, Expectation& expectation);

}  // namespace tidemark
