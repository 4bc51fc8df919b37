// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What the words for what is wrong mean, for whoever reads them first.
#pragma once

#include <string>
#include <string_view>

#include "program.h"
#include "signature.h"

namespace tidemark {

// In a few words, as docs/findings.md has it; empty for what has only a name.
std::string_view meaning(Kind kind);

// The same of the last part of a name, for what the program has (finding_name.h): "rule_any" is "a
// query may have any range", "window_pin" "it has a pin in a callback".
std::string meaning_of_part(std::string_view part);

// Is it one that meaning_of_part() knows, and not a function?
bool is_part(std::string_view word);

// Lines of a report: "means     missing-dirty: a dirty page is not reported", above it the words of
// `name` that say when it goes wrong, and below it the same of `also`, if that is another kind, of
// `part`, and of the first window in `program`; empty if there is nothing to say.
std::string meaning_lines(std::string_view name, const Program& program, Kind kind, Kind also,
                          std::string_view part);

}  // namespace tidemark
