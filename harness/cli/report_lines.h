// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a finding's report says, line by line.
#pragma once

#include <string>

namespace tidemark::cli {

// What a line of the report says behind `word`, such as "expected"; empty if none does.
std::string said_in(const std::string& report, const std::string& word);

}  // namespace tidemark::cli
