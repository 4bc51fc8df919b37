// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Whether what was found is still there.
#pragma once

#include <string>
#include <string_view>

#include "finding.h"

namespace tidemark::cli {

struct Now {
  std::string_view word;  // one of those below
  // With kAnother its name, with kNotJudged why. With kStillThere "hang" of what took too much
  // memory when it was found, and "out-of-memory" of what hung; else nothing.
  std::string detail;
};
inline constexpr std::string_view kStillThere = "still there", kGone = "gone", kAnother = "another",
                                  kNotJudged = "not judged";

// Its program is replayed once, in the subject that it was found in, as ./tidemark replay does
// it. Cost: some tenths of a second; for what hangs kMostSeconds. Throws std::system_error if there
// can be no child.
Now now_of(const FiledFinding& finding);

}  // namespace tidemark::cli
