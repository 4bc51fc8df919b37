// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Naming what was found while nobody fuzzes: before the run, and behind it.
#pragma once

#include <cstdio>
#include <string_view>

#include "found.h"

namespace tidemark::session {

// Until nothing waits any more, an interrupt comes, or `seconds` are over. If it takes longer than
// a moment, `out` is told now and then how much there is to do, and how long it takes at most; in
// the end what of it has turned out to be no news; and what becomes of the rest, "2 `of_the_rest`".
void name_what_waits(Found& found, unsigned seconds, std::string_view of_the_rest, std::FILE* out);

}  // namespace tidemark::session
