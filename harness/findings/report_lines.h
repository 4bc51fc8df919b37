// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a finding's report says, line by line.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tidemark {

// What a line of the report says behind `word`, such as "expected"; empty if none does.
std::string said_in(const std::string& report, const std::string& word);

// What the report of the finding `name` blames: the verb that brought the mismatch about, and the
// rule that is broken, as "query, N1". The verb is that of the cause, or, if the step that shows it
// did it, that step's. Empty if neither is known, or no rule is named.
std::string blamed_in(std::string_view name, const std::string& report);

// Of names, with a report each, a line for those that blame the same: "probably one bug (query,
// N1): A, B". Empty if no two do. One bug has several names if its small programs differ in more
// than numbers.
std::string probably_one_bug(const std::map<std::string, std::string>& reports);

}  // namespace tidemark
