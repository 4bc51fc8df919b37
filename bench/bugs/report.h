// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What the trials come to: a table for people, JSON for programs, a plot.
#pragma once

#include <string>
#include <vector>

#include "trial.h"

namespace tidemark::bench {

// Markdown: a line for each bug, a column for each engine and start, then what
// the columns come to, and how many bugs were always made the same small program.
// Times in seconds.
std::string table(const std::vector<Trial>& trials);
std::string json(const std::vector<Trial>& trials);
// SVG: how many bugs had been found in all their trials after how many seconds.
std::string plot(const std::vector<Trial>& trials);

}  // namespace tidemark::bench
