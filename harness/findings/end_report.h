// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is said of a program that ends its process, or takes too long to end itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "program.h"
#include "registry.h"
#include "signature.h"
#include "step_at.h"
#include "subprocess.h"

namespace tidemark {

// How the process of a program ended.
struct ProgramEnd {
  Signature signature;
  const Ending& ending;
  unsigned seconds;    // that it had
  const StepAt& at;    // where it was,
  std::size_t number;  // and in which of the programs: counted from 1, as in StepAt
};

// As name_of() has it (finding_name.h); and of what hangs, or takes all memory, with the function
// that has no end in the place of other words. Cost: that of function_without_end(), for these.
std::string name_of_end(const UnderTest& tested, const Signature& signature,
                        const Program& program);

// Lines of a report, as report_of() has them of what differs: the step that ran, how long it took
// or how much memory, what the words of its `name` mean, which rule that breaks. Of an end outside
// of the program there is no step.
std::string lines_of_end(const ProgramEnd& end, const Program& program, std::string_view name);

// What comes below them: where it was, or of what died all that it said.
std::string last_words(const Ending& ending, const UnderTest& tested);

}  // namespace tidemark
