// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "end_report.h"

#include "broken_rule.h"
#include "endless.h"
#include "finding_name.h"
#include "isolation.h"
#include "kind_meaning.h"
#include "mismatch.h"
#include "stack_traces.h"

namespace tidemark {
namespace {

std::string actual_of(const ProgramEnd& end) {
  if (end.ending.timed_out) return "it did not end within " + std::to_string(end.seconds) + " s";
  return memory_it_had(end.ending);
}

// With the operation in which it ended: it is that one's promises that are broken.
Signature in_its_step(const ProgramEnd& end, std::size_t step, const Program& program) {
  Signature signature = end.signature;
  if (step > 0 && step <= program.operations.size())
    signature.verb = program.operations[step - 1].verb;
  return signature;
}

}  // namespace

std::string name_of_end(const UnderTest& tested, const Signature& signature,
                        const Program& program) {
  const std::string function =
      has_no_end(signature.kind) ? function_without_end(tested, program) : std::string();
  return function.empty() ? name_of(signature, program) : print(signature) + "." + function;
}

std::string lines_of_end(const ProgramEnd& end, const Program& program, std::string_view name) {
  std::string text;
  Signature signature = end.signature;
  if (end.at.programs == end.number) {
    text += step_text(end.at.step, program) + "\n";
    signature = in_its_step(end, end.at.step, program);
  }
  if (const std::string actual = actual_of(end); !actual.empty())
    text += "actual    " + actual + "\n";
  const std::string part = part_of_name(end.signature, program);
  return text +
         meaning_lines(name, program, end.signature.kind, Kind::none,
                       name.ends_with(part) ? part : "") +
         rule_line(signature);
}

std::string last_words(const Ending& ending, const UnderTest& tested) {
  if (ending.timed_out || took_too_much_memory(ending)) return where_it_was(ending, tested.sources);
  return symbolized(ending.said, tested.sources);
}

}  // namespace tidemark
