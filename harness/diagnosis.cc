// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "diagnosis.h"

#include <algorithm>
#include <iterator>

#include "check.h"
#include "operation_text.h"
#include "simplify.h"

namespace tidemark {
namespace {

// Setting up comes before START and in a fixed order, if the program can be
// written so: one bug then has one shape.
int rank(const Operation& operation) {
  if (operation.when != When::now) return 4;
  switch (operation.verb) {
    case Verb::attach:
      return operation.flags & kHardware ? 4 : 0;
    case Verb::enroll:
      return 1;
    case Verb::map:
      return 2;
    case Verb::start:
      return 3;
    default:
      return 4;
  }
}

Program in_usual_order(const Program& program) {
  Program result;
  result.setup = program.setup;
  // Only the operations before the first that is no setting up move.
  const auto end =
      std::ranges::find_if(program.operations, [](const Operation& o) { return rank(o) == 4; });
  for (int wanted = 0; wanted < 4; ++wanted)
    std::copy_if(program.operations.begin(), end, std::back_inserter(result.operations),
                 [wanted](const Operation& o) { return rank(o) == wanted; });
  result.operations.insert(result.operations.end(), end, program.operations.end());
  return result;
}

// A lost or extra page shows in many ways; a query is the plainest. The same
// program with a query of the mapping in question where it failed.
Program with_query(const Program& program, const Judgement& judgement, const LiveMapping& mapping,
                   bool instead) {
  Program result = program;
  Operation query;
  query.verb = Verb::query;
  query.address = plain_quantity(mapping.first);
  query.size = plain_quantity(mapping.last - mapping.first + 1);
  if (judgement.operation < result.operations.size())
    result.operations.resize(judgement.operation + (instead ? 0 : 1));
  result.operations.push_back(query);
  return result;
}

// As the reference's user has it when the program fails.
std::optional<LiveMapping> mapping_in_question(Lockstep& lockstep, const Judgement& judgement) {
  if (judgement.pages.empty()) return std::nullopt;
  for (const LiveMapping& mapping : lockstep.expected().mappings())
    if (judgement.pages[0] >= mapping.first && judgement.pages[0] <= mapping.last) return mapping;
  // An unmap took it: the page alone.
  return LiveMapping{judgement.pages[0], judgement.pages[0] + kPageBytes - 1, 0, true, true};
}

bool about_marks(const std::string& signature) {
  return signature.find("missing") != std::string::npos ||
         signature.find("extra") != std::string::npos || signature.starts_with("migration.tracker");
}

// A fault that did not come true says that something was not copied: without
// the fault it shows what.
Program without_fault(const Program& program) {
  Program result = program;
  if (!result.operations.empty()) result.operations.back().fault = {};
  return result;
}

bool shown_by_query(const std::string& signature) {
  return signature == "lockstep.query.missing-dirty" || signature == "lockstep.query.extra-dirty";
}

}  // namespace

Judgement judge(Lockstep& lockstep, const Program& program) {
  auto mismatch = lockstep.run(program);
  if (!mismatch) return {};
  return {std::move(mismatch->signature), mismatch->operation, std::move(mismatch->pages)};
}

std::string doings(const Program& program) {
  std::string text;
  for (std::size_t i = 0; i + 1 < program.operations.size(); ++i) {
    const Operation& operation = program.operations[i];
    if (rank(operation) < 4 &&
        !(operation.verb == Verb::map && i && program.operations[i - 1].verb == Verb::start))
      continue;
    std::string word(name(operation.verb));
    if (operation.verb == Verb::attach) word = "hardware";
    if (operation.when != When::now) word = "window_" + word;
    if (operation.fault.kind != FaultKind::none) word += "_fault";
    if (text.ends_with(word)) continue;
    text += (text.empty() ? "" : "-") + word;
  }
  return text;
}

std::optional<Diagnosis> diagnose(Lockstep& lockstep, const Program& program) {
  const Judge run = [&](const Program& candidate) { return judge(lockstep, candidate); };
  if (run(program).signature.empty()) return std::nullopt;
  Reduction reduction = reduce(program, run);

  if (reduction.signature.ends_with(".result.success-instead-of-EFAULT")) {
    const Program candidate = without_fault(reduction.program);
    if (!run(candidate).signature.empty()) reduction = reduce(candidate, run);
  }
  if (about_marks(reduction.signature) && !shown_by_query(reduction.signature)) {
    const Judgement shown = run(reduction.program);
    const auto mapping = mapping_in_question(lockstep, shown);
    for (const bool instead : {true, false}) {
      if (!mapping) break;
      const Program candidate = with_query(reduction.program, shown, *mapping, instead);
      if (!shown_by_query(run(candidate).signature)) continue;
      const std::size_t runs = reduction.runs;
      auto leads = std::move(reduction.leads);
      reduction = reduce(candidate, run);
      reduction.runs += runs;
      reduction.leads.insert(reduction.leads.end(), leads.begin(), leads.end());
      break;
    }
  }
  // The queries at the end of a migration show it without one in the program;
  // who reads the program should see one.
  const Judgement shown = run(reduction.program);
  if (shown_by_query(shown.signature) && shown.operation >= reduction.program.operations.size()) {
    const auto mapping = mapping_in_question(lockstep, shown);
    const Program candidate = with_query(reduction.program, shown, *mapping, false);
    if (run(candidate).signature == reduction.signature) reduction.program = candidate;
  }
  const Program ordered = in_usual_order(reduction.program);
  if (run(ordered).signature == reduction.signature) reduction.program = ordered;

  Diagnosis diagnosis;
  diagnosis.program = std::move(reduction.program);
  const auto mismatch = lockstep.run(diagnosis.program);
  if (!mismatch) fail("lockstep.verdict-changes", print(program));
  diagnosis.mismatch = *mismatch;
  diagnosis.signature = diagnosis.mismatch.signature;
  for (const std::string& part : {diagnosis.mismatch.where, doings(diagnosis.program)})
    if (!part.empty()) diagnosis.signature += "." + part;
  diagnosis.runs = reduction.runs;
  diagnosis.leads = std::move(reduction.leads);
  return diagnosis;
}

}  // namespace tidemark
