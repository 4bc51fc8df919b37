// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What the place that output goes to can do.
#pragma once

namespace tidemark {

// Standard output is a terminal on which a line can be written anew.
bool is_terminal();

// How many columns it has; 80 where it does not say, or is none.
unsigned columns();

// And it should have colour: not if NO_COLOR is set to anything (no-color.org).
bool has_colour();

}  // namespace tidemark
