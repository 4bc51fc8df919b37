// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The user, or whoever else, wants the program to end.
#pragma once

namespace tidemark {

// From now on the first SIGINT or SIGTERM only counts; the second ends the process.
void count_interrupts();

int interrupts();

}  // namespace tidemark
