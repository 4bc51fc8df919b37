// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The function of a subject that does not end, by samples of its stack: a profiler for hangs.
#pragma once

#include <string>

#include "program.h"
#include "registry.h"
#include "signature.h"

namespace tidemark {

// What hangs, and what takes all memory: which of the two limits such a program meets is chance.
inline bool has_no_end(Kind kind) { return kind == Kind::hang || kind == Kind::out_of_memory; }

// The innermost of the subject's functions in which `program`, which hangs or takes all memory, is
// in each of some twenty samples of the operation that it comes to (but for two that are in none of
// them); of what waits there is one sample. Empty where it is in none, and without
// AddressSanitizer. One that is called again and again, and takes nearly all of the time, is taken
// for it. Cost: half a second of a processor; 2 s, if it waits.
std::string function_without_end(const UnderTest& tested, const Program& program);

}  // namespace tidemark
