// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Trackers in libraries of their own, and the corpus as far as they can run it.
#pragma once

#include <string>
#include <vector>

#include "program.h"
#include "registry.h"

namespace tidemark {

// One that cannot be used ends the test.
UnderTest loaded(const std::string& path);

// All of seeds and regressions, each as it is written.
std::vector<Program> corpus();
// Without what the subject has not.
std::vector<Program> corpus_for(const UnderTest& tested);

// Of each program the subject says what the reference says.
void expect_right(const UnderTest& tested);

}  // namespace tidemark
