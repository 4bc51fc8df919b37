// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What the words for what is wrong mean, for whoever reads them first.
#pragma once

#include <string>
#include <string_view>

#include "signature.h"

namespace tidemark {

// In a few words, as docs/findings.md has it; empty for what has only a name.
std::string_view meaning(Kind kind);

// Lines of a report: "means     missing-dirty: a dirty page is not reported", and below it the
// same of `also`, if that is another; empty if there is nothing to say.
std::string meaning_lines(Kind kind, Kind also = Kind::none);

}  // namespace tidemark
